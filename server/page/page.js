// The upload page. It asks this server for presigned URLs (POST /presign) and moves the files between the browser and S3 itself.
// An upload is waiting, sending, done, failed or cancelled; its row shows that as data-state, and page.css does the rest.

const AT_ONCE = 3;
const HURRY = 60; // a link with fewer seconds left than this is shown in red
const RECENT = 10; // seconds over which an upload's rate is taken: a rate over all of it would outlive the line
const STILL = 5; // seconds without a byte after which the row says so
const STALLED = 60; // seconds without a byte after which the upload is given up
const UNANSWERED = 300; // seconds after the last byte: S3 may have five gigabytes to write
const TOKEN = "sigv4-server-token";
const FINISHED = "sigv4-server-finished"; // what this tab has uploaded, so that a reload still finds it

const $ = (id) => document.getElementById(id);
const uploads = [];
let settings = { max_size: Infinity };

// Words

const UNITS = ["B", "KB", "MB", "GB", "TB"];

function bytes(count) {
  let unit = 0;
  while (count >= 1000 && unit < UNITS.length - 1) { count /= 1000; unit += 1; }
  return `${unit && count < 100 ? count.toFixed(1) : Math.round(count)} ${UNITS[unit]}`;
}

/** A limit in the units that limits are set in: 5 GiB, not 5.4 GB. */
function limit(count) {
  for (const [unit, size] of [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]]) {
    if (count % size === 0) return `${count / size} ${unit}`;
  }
  return bytes(count);
}

function duration(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  if (seconds >= 86400) return `${Math.floor(seconds / 86400)} d ${Math.floor((seconds % 86400) / 3600)} h`;
  if (seconds >= 3600) return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
  return `${Math.floor(seconds / 60)}:${two(Math.floor(seconds % 60))}`;
}

function announce(text) { $("announcer").textContent = text; }

// This server

class ServerError extends Error {}

/** The JSON answer of this server. It asks the user for the token where one is wanted, and throws ServerError with words to show. */
async function ask(body) {
  for (;;) {
    const headers = {};
    const token = sessionStorage.getItem(TOKEN);
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body) headers["Content-Type"] = "application/json";
    let response;
    try {
      response = await fetch("presign", { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
    } catch {
      throw new ServerError("The server of this page does not answer. Is it still running?");
    }
    if (response.status === 401) { await askForToken(token); continue; }
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new ServerError(answer.error || `The server of this page answered ${response.status}.`);
    return answer;
  }
}

let tokenAsked = null;

/**
 * Resolves when the user has given a token other than `refused`; one dialog serves all that wait for it. Closed without
 * one, as Escape does whatever a page says, it throws ServerError, and the next try asks again.
 */
function askForToken(refused) {
  if (sessionStorage.getItem(TOKEN) !== refused) return Promise.resolve();
  tokenAsked ??= new Promise((resolve, reject) => {
    $("token-wrong").hidden = !refused;
    $("token").value = "";
    $("token-dialog").onclose = () => {
      if (tokenAsked === null) return;
      tokenAsked = null;
      reject(new ServerError("This server gives out no links without its token."));
    };
    $("token-form").onsubmit = (event) => {
      const token = $("token").value.trim();
      if (!/^[!-~]+$/.test(token)) { // no header can carry it, so it cannot be the one
        event.preventDefault();
        $("token-wrong").hidden = false;
        $("token").value = "";
        return;
      }
      sessionStorage.setItem(TOKEN, token);
      tokenAsked = null;
      resolve();
    };
    $("token-dialog").showModal();
  });
  return tokenAsked;
}

// S3

/** PUT the file. Resolves when S3 has taken it; throws Error with words to show. */
function put(upload, presigned) {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest(); // fetch tells nothing of an upload's progress
    const origin = new URL(presigned.url).origin;
    upload.xhr = xhr;
    xhr.open(presigned.method, presigned.url);
    for (const [name, value] of Object.entries(presigned.headers)) xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = (event) => upload.progress(event.loaded);
    xhr.upload.onload = () => upload.progress(upload.size);
    xhr.onload = () => (xhr.status < 300 ? resolve() : reject(new Error(s3Error(xhr))));
    xhr.onerror = () => reject(new Error(
      `The browser could not send the file to ${origin}. Either nothing answers there, or its CORS configuration does not let ` +
      `pages of ${location.origin} send PUT requests with a Content-Type header.`));
    xhr.onabort = () => reject(new Error(
      `Nothing moved for ${upload.still()} seconds, so the upload was given up. The connection to ${origin} may be lost, or ` +
      `something between it and this browser has stopped.`));
    upload.progress(0);
    xhr.send(upload.file);
  });
}

/** S3's own code and message out of its error XML. */
function s3Error(xhr) {
  const xml = new DOMParser().parseFromString(xhr.responseText, "application/xml");
  const code = xml.querySelector("Error > Code")?.textContent;
  const message = xml.querySelector("Error > Message")?.textContent;
  return code ? `S3 answered ${xhr.status} ${code}: ${message}` : `S3 answered ${xhr.status} ${xhr.statusText}.`;
}

// One upload and its row

class Upload {
  constructor(name, size, file) {
    Object.assign(this, { name, size, file, sent: 0, key: null, link: null, xhr: null });
    this.row = $("row").content.firstElementChild.cloneNode(true);
    const find = (selector) => this.row.querySelector(selector);
    this.parts = Object.fromEntries(
      ["name", "status", "wrong", "badge", "url", "copy", "download", "renew", "retry", "cancel", "remove"].map((part) => [part, find(`.${part}`)]));
    this.parts.progress = find("progress");
    this.parts.name.textContent = this.parts.name.title = name;
    this.parts.badge.textContent = /\.([\p{L}\p{N}]{1,4})$/u.exec(name)?.[1].toUpperCase() ?? "FILE";
    this.parts.progress.setAttribute("aria-label", `Upload of ${name}`);
    this.parts.url.setAttribute("aria-label", `Download link of ${name}`);
    for (const part of ["copy", "download", "renew", "retry", "cancel", "remove"]) {
      const label = part === "remove" ? "Remove" : this.parts[part].textContent;
      this.parts[part].setAttribute("aria-label", `${label}: ${name}`);
    }
    this.parts.copy.onclick = () => this.copy();
    this.parts.renew.onclick = () => this.renew().then(() => announce(`New link for ${name}.`));
    this.parts.retry.onclick = () => { this.wait(); this.parts.cancel.focus(); };
    this.parts.cancel.onclick = () => { this.cancel(); this.parts.retry.focus(); };
    this.parts.remove.onclick = () => remove([this]);
    $("list").append(this.row);
    uploads.push(this);
  }

  set(state, status, wrong = "") {
    this.state = this.row.dataset.state = state;
    this.parts.status.textContent = status;
    this.parts.wrong.textContent = wrong;
    summarise();
  }

  wait() {
    this.sent = 0;
    this.parts.progress.value = 0;
    this.set("waiting", `${bytes(this.size)} · waiting`);
    next();
  }

  async send() {
    this.sent = 0;
    this.samples = [];
    this.set("sending", `${bytes(this.size)} · starting`);
    const attempt = this.attempt = {};
    try {
      const presigned = await ask({ action: "upload", name: this.name, type: this.file.type, size: this.size });
      if (this.attempt !== attempt) return;
      await put(this, presigned);
      this.key = presigned.key;
      this.set("done", "");
      announce(`${this.name} is uploaded.`);
      remember();
      await this.renew();
    } catch (error) {
      if (this.attempt === attempt) this.fail(error.message);
    } finally {
      next();
    }
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
    this.xhr?.abort();
    this.set("cancelled", `${bytes(this.size)} · cancelled`);
    announce(`${this.name} is cancelled.`);
    next();
  }

  fail(why) {
    this.set("failed", `${bytes(this.size)} · not uploaded`, why);
    announce(`${this.name} is not uploaded. ${why}`);
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
      this.link = { url: "", endsAt: 0 };
      this.parts.wrong.textContent = error.message;
    }
    this.tick();
  }

  /** Show what time alone changes: an upload that stands still, a link's life. Called every second. */
  tick() {
    if (this.state === "sending" && this.samples.length) {
      if (this.still() >= (this.sent < this.size ? STALLED : UNANSWERED)) this.xhr.abort();
      else this.showProgress();
    }
    if (this.state !== "done" || !this.link) return;
    const left = Math.max(0, Math.round((this.link.endsAt - Date.now()) / 1000));
    const hadFocus = this.row.contains(document.activeElement);
    this.row.dataset.link = left ? "alive" : "gone";
    this.row.toggleAttribute("data-hurry", left < HURRY);
    this.parts.status.textContent = `${bytes(this.size)} · ${left ? `link lives ${duration(left)}` : "its link has expired"}`;
    if (hadFocus && !this.row.contains(document.activeElement)) this.parts.renew.focus();
  }

  async copy() {
    try {
      await navigator.clipboard.writeText(this.link.url);
    } catch { // no clipboard outside secure contexts: the user copies what is selected
      this.parts.url.select();
      if (!document.execCommand("copy")) { announce("Press Ctrl+C to copy the selected link."); return; }
    }
    this.parts.copy.textContent = "Copied";
    announce(`The link of ${this.name} is copied.`);
    setTimeout(() => { this.parts.copy.textContent = "Copy link"; }, 2000);
  }
}

// All of them

function add(files) {
  for (const file of files) {
    const upload = new Upload(file.name, file.size, file);
    if (file.size > settings.max_size) upload.refuse(`The file is larger than the ${limit(settings.max_size)} that this server accepts.`);
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
  remember();
  summarise();
  $("choose").focus();
}

function summarise() {
  const count = (state) => uploads.filter((upload) => upload.state === state).length;
  const done = count("done");
  const active = uploads.filter((upload) => upload.state === "sending" || upload.state === "waiting");
  const sent = active.reduce((sum, upload) => sum + upload.sent, 0);
  const total = active.reduce((sum, upload) => sum + upload.size, 0);
  $("list-section").hidden = uploads.length === 0;
  $("summary").textContent = `${done} of ${uploads.length} done${count("failed") ? `, ${count("failed")} failed` : ""}`;
  $("clear").hidden = done === 0;
  document.title = active.length ? `${total ? Math.floor((sent / total) * 100) : 0}% · Upload` : "Upload";
}

function remember() {
  const finished = uploads.filter((upload) => upload.key).map(({ name, size, key }) => ({ name, size, key }));
  sessionStorage.setItem(FINISHED, JSON.stringify(finished));
}

// The page

const droppedFiles = (transfer) => {
  const entries = [...transfer.items].filter((item) => item.kind === "file");
  const folders = entries.filter((item) => item.webkitGetAsEntry?.()?.isDirectory);
  for (const folder of folders) {
    new Upload(folder.webkitGetAsEntry().name, 0, null).refuse("This is a folder. Choose the files in it.");
  }
  return entries.filter((item) => !folders.includes(item)).map((item) => item.getAsFile()).filter(Boolean);
};

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
  add(droppedFiles(event.dataTransfer));
});
addEventListener("paste", (event) => { if (event.clipboardData?.files.length) add(event.clipboardData.files); });
addEventListener("beforeunload", (event) => {
  if (uploads.some((upload) => upload.state === "sending" || upload.state === "waiting")) event.preventDefault();
});
$("choose").onclick = () => $("files").click();
$("files").onchange = () => { add([...$("files").files]); $("files").value = ""; };
$("clear").onclick = () => remove(uploads.filter((upload) => upload.state === "done"));
setInterval(() => uploads.forEach((upload) => upload.tick()), 1000);

try {
  settings = await ask();
  const types = settings.allowed_types.includes("*/*") ? "" : settings.allowed_types.join(", ");
  $("files").accept = types.replaceAll(" ", "");
  $("limits").textContent = `Up to ${limit(settings.max_size)} each${types ? ` · ${types}` : ""}`;
  $("where").textContent = settings.embedded
    ? `Files go to the bucket “${settings.bucket}” of an S3 that runs on this machine (${settings.endpoint}). It is not AWS.`
    : `Files go to the bucket “${settings.bucket}” at ${settings.endpoint}.`;
  for (const { name, size, key } of JSON.parse(sessionStorage.getItem(FINISHED) || "[]")) {
    const upload = new Upload(name, size, null);
    upload.key = key;
    upload.set("done", bytes(size));
    upload.renew();
  }
} catch (error) {
  $("limits").textContent = error.message;
  $("limits").className = "wrong";
}
