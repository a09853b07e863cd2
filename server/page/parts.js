// A large file goes up in parts (actions create, sign, parts, complete and abort of POST /presign), several at a time.
// Each is held to its own CRC-32, and the whole to that of all. What has arrived is asked of the server whenever an upload
// goes on: after a pause, a broken line, a reload or a crash of the browser, whose file the person then chooses again.

import { ask } from "./asking.js";
import { combined, crc32, fromBase64, toBase64 } from "./checksum.js";
import { Failure, LATER, NEVER, SOON, ofAnswer, ofStall, ofTransfer } from "./failures.js";
import { list, shared } from "./kept.js";

export const IN_PARTS = 64 * 2 ** 20; // bytes: smaller files go up whole
const AT_ONCE = 4; // parts of one file
const IN_ALL = 5; // of all files: browsers open six connections to one host, and what waits for one seems to stand still
const TRIES = 6; // of one part, before the whole upload rests
const LONGEST_REST = 30; // seconds
const BEGUN = "sigv4-server-begun"; // uploads in parts that have not ended, for every tab
const REMEMBERED = 100;

const seconds = () => performance.now() / 1000;
let free = IN_ALL;
const queue = [];

/** Run with one of the IN_ALL places. */
async function inTurn(work) {
  if (free > 0) free -= 1;
  else await new Promise((resolve) => { queue.push(resolve); });
  try {
    return await work();
  } finally {
    const next = queue.shift();
    if (next) next(); else free += 1;
  }
}

const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/** One upload in parts; `owner` is its row, which it tells of its progress. */
export class Parts {
  constructor(owner, place) {
    Object.assign(this, { owner, place, running: new Map(), done: new Map(), stopped: false });
  }

  /** Resolves to the object's key; throws Failure. */
  async send() {
    const begun = this.begun = await this.begin();
    const waiting = [];
    for (let number = 1; number <= this.count(begun); number += 1) if (!this.done.has(number)) waiting.push(number);
    this.tell();
    const work = async () => {
      while (waiting.length && !this.stopped) await this.sendPart(begun, waiting.shift());
    };
    try {
      await Promise.all(Array.from({ length: AT_ONCE }, work));
    } catch (failure) {
      this.stop();
      if (failure.anew) forget(this.name());
      throw failure;
    }
    if (this.stopped) return null;
    return this.complete(begun);
  }

  count({ part_size: size }) { return Math.max(1, Math.ceil(this.owner.size / size)); }

  length(begun, number) { return Math.min(begun.part_size, this.owner.size - (number - 1) * begun.part_size); }

  /** By what this file is known again. */
  name() {
    const { path, size, lastModified } = this.owner;
    return JSON.stringify([path, size, lastModified, this.place]);
  }

  /** The upload of this file that was begun before, with what has arrived of it, or a new one. */
  async begin() {
    const known = list(shared, BEGUN).find((one) => one.name === this.name());
    if (known && Date.parse(known.ends_at) > Date.now()) {
      try {
        const { parts } = await ask({ action: "parts", upload: known.upload });
        for (const { number, size, crc32: crc } of parts) {
          if (crc && size === this.length(known, number)) this.done.set(number, fromBase64(crc));
        }
        return known;
      } catch (failure) {
        if (failure.again === SOON) throw failure; // else it is gone: aborted, or of another time
      }
    }
    const { name, size, file } = this.owner;
    const begun = { ...await ask({ action: "create", name, type: file.type, size }), name: this.name() };
    keep([...list(shared, BEGUN).filter((one) => one.name !== begun.name), begun]);
    return begun;
  }

  /** A part, tried again by itself while the line breaks or S3 is busy. */
  async sendPart(begun, number) {
    const start = (number - 1) * begun.part_size;
    const blob = this.owner.file.slice(start, start + this.length(begun, number));
    for (let tries = 1; !this.stopped; tries += 1) {
      try {
        const crc = await crc32(blob).catch(() => { throw new Failure("The file cannot be read any more. Choose it again.", LATER); });
        const { parts: [signed], expires_in } = await ask({ action: "sign", upload: begun.upload, parts: [{ number, crc32: toBase64(crc) }] });
        if (this.stopped) return;
        await inTurn(() => this.put(number, blob, { ...signed, expires_in, askedAt: Date.now() }));
        if (this.stopped) return;
        this.done.set(number, crc);
        return;
      } catch (failure) {
        if (this.stopped) return;
        if (failure.again !== SOON || !navigator.onLine || tries >= TRIES) throw failure;
        await sleep(Math.max(failure.wait, Math.min(LONGEST_REST, 2 ** (tries - 1)) * (0.5 + Math.random())) * 1000);
      } finally {
        this.running.delete(number);
        this.tell();
      }
    }
  }

  put(number, blob, signed) {
    if (this.stopped) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const xhr = new XMLHttpRequest();
      const { file, name, lastModified } = this.owner;
      const part = { xhr, sent: 0, total: blob.size, size: blob.size, movedAt: seconds(), still: () => Math.floor(seconds() - part.movedAt) };
      const whole = { file, name, lastModified, size: this.owner.size, sent: 0 };
      const moved = (sent) => { Object.assign(part, { sent, movedAt: seconds() }); this.tell(); };
      this.running.set(number, part);
      xhr.open(signed.method, signed.url);
      for (const [header, value] of Object.entries(signed.headers)) xhr.setRequestHeader(header, value);
      xhr.upload.onprogress = (event) => { part.total = event.total; moved(event.loaded); };
      xhr.upload.onload = () => moved(blob.size);
      xhr.onload = () => {
        if (xhr.status < 300) { resolve(); return; }
        const gone = xhr.status === 404;
        const failure = ofAnswer(xhr, part, signed);
        reject(gone ? new Failure("The upload was ended by somebody else. It begins anew.", SOON, { anew: true }) : failure);
      };
      xhr.onerror = () => ofTransfer({ ...whole, sent: part.sent && Math.min(part.sent, whole.size - 1) }, signed.url).then(reject);
      xhr.onabort = () => reject(ofStall(part, signed.url));
      xhr.send(blob);
    });
  }

  async complete(begun) {
    const crcs = [...this.done.entries()].sort(([one], [other]) => one - other);
    const whole = crcs.reduce((sum, [number, crc]) => combined(sum, crc, this.length(begun, number)), 0);
    const checked = begun.checksum ? { crc32: toBase64(whole) } : {};
    try {
      const { key } = await ask({ action: "complete", upload: begun.upload, ...checked });
      forget(this.name());
      return key;
    } catch (failure) {
      if (failure.again !== NEVER) throw failure;
      forget(this.name()); // what has arrived is not what was chosen, or is gone: another try begins anew
      throw new Failure(failure.message, LATER);
    }
  }

  /** What has gone: parts that S3 has, and what the others have sent. */
  tell() {
    if (this.stopped) return;
    let sent = 0;
    for (const number of this.done.keys()) sent += this.length(this.begun, number);
    for (const part of this.running.values()) sent += part.sent;
    this.owner.progress(sent);
  }

  /** Give up the parts that stand still, so that each is tried again. */
  watch(stalled, unanswered) {
    for (const part of this.running.values()) {
      if (part.still() >= (part.sent > 0 && part.sent < part.size ? stalled : unanswered)) part.xhr.abort();
    }
  }

  /** Send nothing more; what has arrived stays. */
  stop() {
    this.stopped = true;
    for (const part of this.running.values()) part.xhr.abort();
  }

  /** End it for good: nothing of it stays in the bucket. */
  async abandon() {
    this.stop();
    forget(this.name());
    if (this.begun) await ask({ action: "abort", upload: this.begun.upload }).catch(() => {}); // else the bucket's rule ends it
  }
}

const keep = (begun) => shared.set(BEGUN, JSON.stringify(begun.slice(-REMEMBERED)));

function forget(name) { keep(list(shared, BEGUN).filter((one) => one.name !== name)); }

/** Whether an upload of a file of this path and size was begun, so that it goes on when the file is chosen again. */
export const isBegun = (path, size) => list(shared, BEGUN).some((one) => one.name.startsWith(`${JSON.stringify([path, size]).slice(0, -1)},`));
