// What is chosen, dropped or pasted: files, and those in folders, as {file, path}; what cannot be taken is {path, why}.
// The server takes names of files alone: a path is for people.

export const MOST = 1000; // files in folders at a time, and folders in them: each file has a row

const refused = (path, why) => ({ path, why });
const tooMany = (path) => refused(path, `This folder holds more than ${MOST} files and folders, or is one too many. Choose a part of it.`);

/** Those of an input, or of the clipboard. One of a folder knows its path. */
export function ofFiles(files) {
  const found = [...files].map((file) => ({ file, path: file.webkitRelativePath || file.name }));
  const [folder, inside] = found[0]?.path.split("/") ?? [];
  return inside !== undefined && found.length > MOST ? [tooMany(folder)] : found;
}

/** Those of a drop, which a browser forgets when the event is over: so it is asked for all of them at once. */
export async function ofDrop(transfer) {
  const items = [...transfer.items].filter((item) => item.kind === "file");
  const dropped = items.map((item) => ({ file: item.getAsFile(), entry: item.webkitGetAsEntry?.() }));
  const found = [];
  for (const { file, entry } of dropped) {
    if (entry?.isDirectory) found.push(...await inFolder(entry, MOST - found.length));
    else if (file) found.push({ file, path: file.name });
  }
  return found;
}

const promised = (ask) => new Promise((resolve, reject) => { ask(resolve, reject); });

async function inFolder(folder, most) {
  const files = [];
  const folders = [folder];
  try {
    for (const one of folders) { // which grows meanwhile
      const reader = one.createReader();
      for (;;) {
        const entries = await promised((resolve, reject) => reader.readEntries(resolve, reject)); // some at a time
        if (!entries.length) break;
        for (const entry of entries) {
          if (entry.isDirectory) folders.push(entry);
          else files.push({ file: await promised((resolve, reject) => entry.file(resolve, reject)), path: entry.fullPath.slice(1) });
          if (files.length + folders.length - 1 > most) return [tooMany(folder.name)];
        }
      }
    }
  } catch {
    return [refused(folder.name, "This folder, or something in it, cannot be read.")];
  }
  if (!files.length) return [refused(folder.name, "This folder is empty.")];
  return files.sort((one, other) => (one.path < other.path ? -1 : 1));
}
