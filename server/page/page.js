// The upload page. It asks this server for presigned URLs (POST /presign) and moves the files between the browser and S3 itself.
// An upload is waiting, sending, resting (until it is tried again), paused, done, failed or cancelled; its row shows that as data-state,
// and page.css does the rest.

import { ask } from "./asking.js";
import { ofDrop, ofFiles } from "./chosen.js";
import { SOON, NEVER, changed, isUnchanged, ofAnswer, ofStall, ofTransfer } from "./failures.js";
import { list, shared, tab } from "./kept.js";
import { IN_PARTS, Parts, isBegun } from "./parts.js";
import { bytes, duration, limit, visible } from "./words.js";

const AT_ONCE = 3;
const HURRY = 60; // a link with fewer seconds left than this is shown in red
const RECENT = 10; // seconds over which an upload's rate is taken: a rate over all of it would outlive the line
const STILL = 5; // seconds without a byte after which the row says so
const STALLED = 60; // seconds without a byte after which the upload is given up
const UNANSWERED = 300; // seconds after the last byte: S3 may have five gigabytes to write
const TRIES = 6; // that an upload makes by itself
const LONGEST_REST = 60; // seconds between two of them; they begin with one, and double
const REMEMBERED = 50; // uploads that this browser finds again
const FINISHED = "sigv4-server-finished"; // what was uploaded: for every tab
const UNFINISHED = "sigv4-server-unfinished"; // what was not: for a reload of this one

const $ = (id) => document.getElementById(id);
const uploads = [];
let settings = { max_size: Infinity };
let settled; // called when the settings are here, or cannot be had
const ready = new Promise((resolve) => { settled = resolve; });
const can = (right) => settings.rights?.includes(right);

function announce(text) { $("announcer").textContent = text; }

// S3

/** PUT the file. Resolves when S3 has taken it; throws Failure with words to show. */
function put(upload, presigned) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest(); // fetch tells nothing of an upload's progress
    upload.xhr = xhr;
    xhr.open(presigned.method, presigned.url);
    for (const [name, value] of Object.entries(presigned.headers)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = (event) => { upload.total = event.total; upload.progress(event.loaded); };
    xhr.upload.onload = () => { upload.reached = true; upload.progress(upload.size); };
    xhr.onload = () => (xhr.status < 300 ? resolve() : reject(ofAnswer(xhr, upload, presigned)));
    xhr.onerror = () => ofTransfer(upload, presigned.url).then(reject);
    xhr.onabort = () => reject(ofStall(upload, presigned.url));
    upload.progress(0);
    xhr.send(upload.file);
  });
}

// One upload and its row

class Upload {
  /** `path`: the file's name, behind the folders that it was chosen in. */
  constructor(path, size, file) {
    const lastModified = file?.lastModified;
    const name = path.slice(path.lastIndexOf("/") + 1);
    Object.assign(this, { path, name, size, file, lastModified, sent: 0, total: size, tries: 0, key: null, link: undefined, xhr: null });
    this.row = $("row").content.firstElementChild.cloneNode(true);
    const find = (selector) => this.row.querySelector(selector);
    this.parts = Object.fromEntries(
      ["name", "folder", "file", "status", "wrong", "badge", "url", "copy", "download", "renew", "delete", "retry", "pause", "cancel", "remove"].map((part) => [part, find(`.${part}`)]));
    this.parts.progress = find("progress");
    this.shown = visible(path);
    this.parts.name.title = this.shown;
    this.parts.file.textContent = visible(name);
    this.parts.folder.textContent = visible(path.slice(0, path.length - name.length));
    this.parts.badge.textContent = /\.([\p{L}\p{N}]{1,4})$/u.exec(name)?.[1].toUpperCase() ?? "FILE";
    this.parts.progress.setAttribute("aria-label", `Upload of ${this.shown}`);
    this.parts.url.setAttribute("aria-label", `Download link of ${this.shown}`);
    for (const part of ["copy", "download", "renew", "delete", "retry", "pause", "cancel", "remove"]) {
      const label = part === "remove" ? "Remove" : this.parts[part].textContent;
      this.parts[part].setAttribute("aria-label", `${label}: ${this.shown}`);
    }
    this.parts.copy.onclick = () => this.copy();
    this.parts.renew.onclick = () => this.renew().then(() => this.link && announce(`New link for ${this.shown}.`));
    this.parts.delete.onclick = () => this.delete();
    this.parts.retry.onclick = () => { this.retry(); this.parts.cancel.focus(); };
    this.parts.pause.onclick = () => { if (this.state === "paused") this.retry(); else this.pause(); };
    this.parts.cancel.onclick = () => { this.cancel(); this.parts.retry.focus(); };
    this.parts.remove.onclick = () => remove([this]);
    $("list").append(this.row);
    uploads.push(this);
  }

  set(state, status, wrong = "") {
    this.state = this.row.dataset.state = state;
    this.row.toggleAttribute("data-mine", can("delete"));
    this.parts.pause.textContent = state === "paused" ? "Resume" : "Pause";
    this.parts.pause.setAttribute("aria-label", `${this.parts.pause.textContent}: ${this.shown}`);
    this.parts.status.textContent = status;
    this.parts.wrong.textContent = wrong;
    summarise();
  }

  wait() {
    clearTimeout(this.timer);
    this.sent = 0;
    this.parts.progress.value = 0;
    this.set("waiting", `${bytes(this.size)} · waiting`);
    next();
  }

  /** Whether it has failed, and another try can help. */
  get canRetry() {
    return this.state === "failed" && !this.parts.retry.hidden;
  }

  retry() {
    this.tries = 0;
    this.wait();
  }

  async send() {
    this.sent = 0;
    this.samples = [];
    this.set("sending", `${bytes(this.size)} · starting`);
    const attempt = this.attempt = {};
    try {
      await ready; // a file may be chosen before the settings say how it is to be sent
      this.row.toggleAttribute("data-parts", this.inParts);
      if (!await isUnchanged(this)) throw changed();
      if (this.attempt !== attempt) return;
      const key = await (this.inParts ? this.sendParts() : this.sendWhole(attempt));
      if (key === null || this.attempt !== attempt) return;
      this.key = key;
      this.set("done", "");
      announce(`${this.shown} is uploaded.`);
      remember(this);
      await this.renew();
    } catch (error) {
      if (this.attempt === attempt) this.stumble(error);
    } finally {
      next();
    }
  }

  /** Resolves to the key, or to null where it was cancelled meanwhile. */
  async sendWhole(attempt) {
    const presigned = await this.presign();
    if (this.attempt !== attempt) return null;
    await put(this, presigned);
    if (settings.reports) await ask({ action: "done", key: presigned.key });
    return presigned.key;
  }

  get inParts() {
    return this.size > Math.min(IN_PARTS, settings.max_put ?? Infinity) && (settings.actions ?? []).includes("create");
  }

  sendParts() {
    this.pieces = new Parts(this, `${settings.endpoint} ${settings.bucket}`);
    return this.pieces.send();
  }

  /** What has arrived stays, and the upload goes on from there. */
  pause() {
    this.attempt = null;
    clearTimeout(this.timer);
    this.pieces?.stop();
    this.set("paused", `${bytes(this.size)} · paused at ${bytes(this.sent)}`);
    announce(`${this.shown} is paused.`);
    next();
  }

  /** The link of the try before serves again while it lives: so no try leaves an object behind that nobody knows. */
  async presign() {
    const left = this.presigned ? this.presigned.expires_in - (Date.now() - this.presigned.askedAt) / 1000 : 0;
    if (left > HURRY) return this.presigned;
    const askedAt = Date.now();
    const answer = await ask({ action: "upload", name: this.name, type: this.file.type, size: this.size });
    this.presigned = { ...answer, askedAt };
    return this.presigned;
  }

  /** Try again by itself, later each time and not when all the others do; or fail. */
  stumble(failure) {
    if (failure.anew) this.presigned = null;
    if (failure.again === NEVER) { this.refuse(failure.message); return; }
    if (failure.again !== SOON || (navigator.onLine && this.tries >= TRIES)) { this.fail(failure.message); return; }
    if (navigator.onLine) this.tries += 1;
    const rest = navigator.onLine ? Math.min(LONGEST_REST, 2 ** (this.tries - 1)) * (0.5 + Math.random()) : LONGEST_REST;
    this.restsUntil = Date.now() + Math.max(failure.wait, rest) * 1000;
    this.timer = setTimeout(() => this.wait(), this.restsUntil - Date.now());
    this.set("resting", "", failure.message);
    this.tick();
  }

  progress(sent) {
    if (this.state !== "sending" || (this.samples.length && sent === this.sent)) return;
    this.sent = sent;
    const now = performance.now() / 1000;
    this.samples.push({ now, sent });
    while (now - this.samples[0].now > RECENT && this.samples.length > 2) this.samples.shift();
    this.parts.progress.value = this.size ? sent / this.size : 1;
    this.showProgress();
    summarise();
  }

  /** Whole seconds since the last byte left. */
  still() {
    return Math.floor(performance.now() / 1000 - this.samples.at(-1).now);
  }

  showProgress() {
    const [first, last] = [this.samples[0], this.samples.at(-1)];
    const [seconds, rate] = [last.now - first.now, (last.sent - first.sent) / (last.now - first.now)];
    const left = (this.size - this.sent) / rate;
    let pace = seconds > 1 && left > 1 ? ` · ${bytes(rate)}/s · ${duration(left)} left` : "";
    if (this.still() >= STILL) {
      pace = ` · ${this.sent < this.size ? "nothing sent" : "sent; S3 has not answered"} for ${duration(this.still())}`;
    }
    const share = this.size ? this.sent / this.size : 1;
    this.parts.status.textContent = `${bytes(this.sent)} of ${bytes(this.size)} · ${Math.floor(share * 100)}%${pace}`;
  }

  cancel() {
    this.attempt = null;
    clearTimeout(this.timer);
    this.xhr?.abort();
    this.pieces?.abandon();
    this.pieces = this.presigned = null; // S3 may have taken it all: then its link takes nothing more
    this.reached = false;
    this.set("cancelled", `${bytes(this.size)} · cancelled`);
    announce(`${this.shown} is cancelled.`);
    next();
  }

  fail(why) {
    this.set("failed", `${bytes(this.size)} · not uploaded`, why);
    announce(`${this.shown} is not uploaded. ${why}`);
  }

  /** Fail for good: another try would end the same way. */
  refuse(why) {
    this.parts.retry.hidden = true;
    this.fail(why);
  }

  async renew() {
    try {
      const { url, expires_in } = await ask({ action: "download", key: this.key, file_name: this.name });
      this.link = { url, endsAt: Date.now() + expires_in * 1000 };
      this.parts.url.value = this.parts.download.href = url;
      this.parts.wrong.textContent = "";
    } catch (error) {
      this.link = null;
      this.parts.wrong.textContent = error.message;
    }
    this.tick();
  }

  /** Show what time alone changes: an upload that stands still or rests, a link's life. Called every second. */
  tick() {
    if (this.state === "sending" && this.samples.length) {
      if (this.inParts) this.pieces?.watch(STALLED, UNANSWERED);
      else if (this.still() >= (this.sent < this.size ? STALLED : UNANSWERED)) this.xhr.abort();
      this.showProgress();
    }
    if (this.state === "resting") {
      const left = Math.max(0, Math.ceil((this.restsUntil - Date.now()) / 1000));
      const when = navigator.onLine ? `tried again in ${duration(left)} (${this.tries} of ${TRIES})` : "goes on when this device is online";
      this.parts.status.textContent = `${bytes(this.size)} · ${when}`;
    }
    if (this.state !== "done" || this.link === undefined) return;
    const left = this.link ? Math.max(0, Math.round((this.link.endsAt - Date.now()) / 1000)) : 0;
    const hadFocus = this.row.contains(document.activeElement);
    this.row.dataset.link = left ? "alive" : "gone";
    this.row.toggleAttribute("data-hurry", left < HURRY);
    const life = this.link ? "its link has expired" : "uploaded, but without a link";
    this.parts.status.textContent = `${bytes(this.size)} · ${left ? `link lives ${duration(left)}` : life}`;
    if (hadFocus && !this.row.contains(document.activeElement)) this.parts.renew.focus();
  }

  /** Out of the bucket, not only out of the list. */
  async delete() {
    if (!confirm(`Delete ${this.shown} from the bucket? It cannot be brought back.`)) return;
    try {
      await ask({ action: "delete", key: this.key });
      remove([this]);
      announce(`${this.shown} is deleted.`);
    } catch (error) {
      this.parts.wrong.textContent = error.message;
    }
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.link.url);
    } catch { // no clipboard outside secure contexts: the user copies what is selected
      this.parts.url.select();
      if (!document.execCommand("copy")) { announce("Press Ctrl+C to copy the selected link."); return; }
    }
    this.parts.copy.textContent = "Copied";
    announce(`The link of ${this.shown} is copied.`);
    setTimeout(() => { this.parts.copy.textContent = "Copy link"; }, 2000);
  }
}

// All of them

function add(found) {
  for (const { file, path, why } of found) {
    const upload = new Upload(path, file?.size ?? 0, file ?? null);
    if (why) upload.refuse(why);
    else if (upload.shown !== path) upload.refuse("Its name turns the direction of text, so it could pass for another kind of file. Rename it.");
    else if (file.size > settings.max_size) upload.refuse(`The file is larger than the ${limit(settings.max_size)} that this server accepts.`);
    else upload.wait();
  }
}

/** Start what waits, at most AT_ONCE at a time. */
function next() {
  let free = AT_ONCE - uploads.filter((upload) => upload.state === "sending").length;
  for (const upload of uploads) {
    if (free > 0 && upload.state === "waiting") { free -= 1; upload.send(); }
  }
}

function remove(some) {
  for (const upload of some) {
    upload.row.remove();
    uploads.splice(uploads.indexOf(upload), 1);
  }
  const keys = some.map((upload) => upload.key);
  keep(list(shared, FINISHED).filter((one) => !keys.includes(one.key)));
  summarise();
  $("choose").focus();
}

const ACTIVE = ["sending", "waiting", "resting", "paused"];

function summarise() {
  const count = (state) => uploads.filter((upload) => upload.state === state).length;
  const done = count("done");
  const active = uploads.filter((upload) => ACTIVE.includes(upload.state));
  const sent = active.reduce((sum, upload) => sum + upload.sent, 0);
  const total = active.reduce((sum, upload) => sum + upload.size, 0);
  $("list-section").hidden = uploads.length === 0;
  $("summary").textContent = `${done} of ${uploads.length} done${count("failed") ? `, ${count("failed")} failed` : ""}`;
  $("clear").hidden = done === 0;
  $("retry-all").hidden = uploads.filter((upload) => upload.canRetry).length < 2;
  document.title = active.length ? `${total ? Math.floor((sent / total) * 100) : 0}% · Upload` : "Upload";
  rememberUnfinished();
}

// What is found again

const keep = (finished) => shared.set(FINISHED, JSON.stringify(finished.slice(-REMEMBERED)));
const isHere = (one) => one.bucket === settings.bucket && one.endpoint === settings.endpoint;

/** Another tab may have added to the list: so it is read anew. */
function remember({ path, size, key }) {
  keep([...list(shared, FINISHED), { name: path, size, key, bucket: settings.bucket, endpoint: settings.endpoint }]);
}

let rememberedUnfinished = "";

function rememberUnfinished() {
  const unfinished = uploads.filter((upload) => upload.key === null).map(({ path, size, state, parts }) => (
    { name: path, size, wrong: state === "failed" ? parts.wrong.textContent : "" }));
  const text = JSON.stringify(unfinished);
  if (text === rememberedUnfinished) return;
  rememberedUnfinished = text;
  tab.set(UNFINISHED, text);
}

const CHOOSE = / Choose (the file|its folder) again\.$/;

/** What was not uploaded when this tab was left or reloaded. */
function recallUnfinished() {
  for (const { name: path, size, wrong } of list(tab, UNFINISHED)) {
    const goesOn = isBegun(path, size) ? " It goes on from where it was." : "";
    const why = `${wrong.replace(CHOOSE, "").replace(/[^.!?]$/, "$&.") || "This page was left before it was uploaded."}${goesOn}`;
    const upload = new Upload(path, size, null);
    upload.parts.retry.hidden = true;
    upload.set("failed", `${bytes(size)} · not uploaded`, `${why} Choose ${path.includes("/") ? "its folder" : "the file"} again.`);
  }
}

/** What was uploaded: as the server lists it, where that may be asked, or else as this browser remembers it. */
async function finishedBefore() {
  if (!can("list")) return list(shared, FINISHED).filter(isHere);
  const { objects } = await ask({ action: "list", after: "" });
  return objects.sort((one, other) => (one.modified < other.modified ? -1 : 1)).slice(-REMEMBERED);
}

/** What was uploaded, with a link each, one after another. */
async function recallFinished() {
  const here = new Set(uploads.map((upload) => upload.key));
  const finished = (await finishedBefore()).filter(({ key }) => !here.has(key)).map(({ name, size, key }) => {
    const upload = new Upload(name, size, null);
    upload.key = key;
    upload.set("done", bytes(size));
    return upload;
  });
  for (const upload of finished) await upload.renew();
}

// The page

let depth = 0; // dragenter and dragleave fire for every element on the way
const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
const dragging = (on) => document.body.classList.toggle("dragging", on);
addEventListener("dragenter", (event) => { if (carriesFiles(event)) { event.preventDefault(); depth += 1; dragging(true); } });
addEventListener("dragleave", (event) => { if (carriesFiles(event)) { depth -= 1; dragging(depth > 0); } });
addEventListener("dragover", (event) => { if (carriesFiles(event)) event.preventDefault(); });
addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  depth = 0;
  dragging(false);
  ofDrop(event.dataTransfer).then(add);
});
addEventListener("paste", (event) => { if (event.clipboardData?.files.length) add(ofFiles(event.clipboardData.files)); });
addEventListener("beforeunload", (event) => {
  if (uploads.some((upload) => ACTIVE.includes(upload.state))) event.preventDefault();
});
for (const [button, input] of [["choose", "files"], ["choose-folder", "folder"]]) {
  $(button).onclick = () => $(input).click();
  $(input).onchange = () => { add(ofFiles($(input).files)); $(input).value = ""; };
}
$("choose-folder").hidden = !("webkitdirectory" in $("folder"));
$("retry-all").onclick = () => {
  const some = uploads.filter((upload) => upload.canRetry);
  some.forEach((upload) => upload.retry());
  some[0].parts.cancel.focus();
};
addEventListener("online", () => {
  for (const upload of uploads) {
    if (upload.state === "resting") upload.wait();
    if (upload.state === "done" && upload.link === null) upload.renew();
  }
});
addEventListener("offline", () => uploads.forEach((upload) => upload.tick()));
$("clear").onclick = () => remove(uploads.filter((upload) => upload.state === "done"));
setInterval(() => uploads.forEach((upload) => upload.tick()), 1000);

recallUnfinished();
try {
  settings = await ask();
  const types = settings.allowed_types.includes("*/*") ? "" : settings.allowed_types.join(", ");
  $("files").accept = types.replaceAll(" ", "");
  $("limits").textContent = `Up to ${limit(settings.max_size)} each${types ? ` · ${types}` : ""}`;
  $("where").textContent = settings.embedded
    ? `Files go to the bucket “${settings.bucket}” of an S3 that runs on this machine (${settings.endpoint}). It is not AWS.`
    : `Files go to the bucket “${settings.bucket}” at ${settings.endpoint}.`;
  recallFinished();
} catch (error) {
  $("limits").textContent = error.message;
  $("limits").className = "wrong";
} finally {
  settled();
}
