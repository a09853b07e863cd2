// Numbers and names as people read them.

const UNITS = ["B", "KB", "MB", "GB", "TB"];

export function bytes(count) {
  let unit = 0;
  while (count >= 1000 && unit < UNITS.length - 1) { count /= 1000; unit += 1; }
  return `${unit && count < 100 ? count.toFixed(1) : Math.round(count)} ${UNITS[unit]}`;
}

/** A limit in the units that limits are set in: 5 GiB, not 5.4 GB. */
export function limit(count) {
  for (const [unit, size] of [["TiB", 2 ** 40], ["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]]) {
    if (count % size === 0) return `${count / size} ${unit}`;
  }
  return bytes(count);
}

export function duration(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  if (seconds >= 86400) return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
  return `${Math.floor(seconds / 60)}:${two(Math.floor(seconds % 60))}`;
}

const TURNS = /[\u202a-\u202e\u2066-\u2069]/gu;

/** A name with what would turn the direction of its text made visible: so no exe.png is a gnp.exe. */
export function visible(name) {
  return name.replace(TURNS, (turn) => `⟨U+${turn.codePointAt(0).toString(16).toUpperCase()}⟩`);
}
