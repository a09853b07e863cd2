// Why something failed, in people's words, and whether another try can help.
//
//   SOON   by itself, after a while: lines break, stores are busy
//   LATER  when a person says so: somebody must put something right first
//   NEVER  it would end the same way

import { bytes, duration } from "./words.js";

export const [SOON, LATER, NEVER] = ["soon", "later", "never"];
const PROBE = 10_000; // milliseconds

export class Failure extends Error {
  /** `wait`: seconds that were asked for; `anew`: the link is of no use any more. */
  constructor(words, again, { wait = 0, anew = false } = {}) {
    super(words);
    Object.assign(this, { again, wait, anew });
  }
}

const GATE = "Something in front of this server asks you to sign in. Reload this page to do so, then choose the files again.";
const CHECK = "Whoever runs this server: “python -m server check” says what is wrong.";

export const offline = () => new Failure("This device is offline.", SOON);
export const unanswered = () =>
  (navigator.onLine ? new Failure("The server of this page does not answer. Is it still running?", SOON) : offline());
export const signIn = () => new Failure(GATE, LATER);
export const changed = () => new Failure("The file has changed, or is gone, since it was chosen. Choose it again.", NEVER);

/** A response of this server, or of what stands in front of it; `answer` is its JSON, null where it has none. */
export function ofServer(response, answer) {
  const wait = Number(response.headers.get("Retry-After")) || 0;
  const busy = response.status >= 500 || response.status === 429;
  if (answer?.error) return new Failure(answer.error, busy ? SOON : NEVER, { wait });
  if (response.ok || response.status === 401) return signIn(); // a page where JSON was to be: most likely that to sign in
  if (busy) return new Failure(`The server of this page is not there just now (${response.status}).`, SOON, { wait });
  return new Failure(`Something in front of this server refuses it (${response.status}).`, LATER);
}

/** Whether the file is still the one that was chosen. */
export async function isUnchanged(upload) {
  const { file, size, lastModified } = upload;
  if (file.size !== size || file.lastModified !== lastModified) return false;
  return file.slice(0, 1).arrayBuffer().then(() => true, () => false);
}

/** The browser says no more than that a transfer to S3 has failed; the rest is found out. */
export async function ofTransfer(upload, url) {
  const { origin, pathname, protocol } = new URL(url);
  if (!await isUnchanged(upload)) return changed();
  if (!navigator.onLine) return offline();
  if (upload.sent > 0) { // so the browser had been let through
    return upload.sent < upload.size
      ? new Failure(`The connection to ${origin} broke after ${bytes(upload.sent)}.`, SOON)
      : new Failure(`The file was sent to ${origin}, but no answer came that this page may read.`, SOON);
  }
  if (location.protocol === "https:" && protocol === "http:") {
    return new Failure(`This page is secure (https) and ${origin} is not, so browsers send nothing there. ${CHECK}`, LATER);
  }
  const probe = { method: "HEAD", mode: "no-cors", cache: "no-store", signal: AbortSignal.timeout(PROBE) };
  const answers = await fetch(origin + pathname, probe).then(() => true, () => false);
  if (!answers) return new Failure(`Nothing answers at ${origin}. Can this device reach it?`, SOON);
  return new Failure(
    `${origin} answers, but its CORS configuration does not let pages of ${location.origin} upload. ` +
    "Whoever runs this server: “python -m server cors --apply”.", LATER);
}

export function ofStall(upload, url) {
  return new Failure(
    `Nothing moved for ${upload.still()} seconds, so the upload was given up. The connection to ${new URL(url).origin} may ` +
    "be lost, or something between it and this browser has stopped.", SOON);
}

// S3's refusals

const BUSY = ["SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "OperationAborted", "IncompleteBody"];

/** What S3 says in its error XML, and what of it people can use. */
export function ofAnswer(xhr, upload, presigned) {
  const xml = new DOMParser().parseFromString(xhr.responseText, "application/xml");
  const text = (name) => xml.querySelector(`Error > ${name}`)?.textContent ?? "";
  const { status } = xhr;
  const code = text("Code");
  const said = code ? `S3 answered ${status} ${code}: ${text("Message")}` : `S3 answered ${status} ${xhr.statusText}.`;
  const failure = (words, again, more) => new Failure(`${words} ${said}`, again, more);

  if (status >= 500 || status === 429 || BUSY.includes(code)) {
    return failure("S3 cannot take it just now.", SOON, { wait: retryAfter(xhr) });
  }
  if (status === 412) {
    const ours = upload.reached ? " It may be this one: an earlier try was sent whole, and its answer was lost." : "";
    return failure(`A file of this name is there already, and is kept.${ours}`, NEVER);
  }
  if (status === 413 || code === "EntityTooLarge") return failure("S3, or what stands before it, takes no file so large.", NEVER);
  if (code === "SignatureDoesNotMatch") return ofSignature(failure, text("CanonicalRequest"), upload, presigned);
  if (/expired|valid yet/.test(text("Message")) || code === "RequestTimeTooSkewed") {
    return ofTime(failure, text("ServerTime"), presigned);
  }
  if (["AccessDenied", "AllAccessDisabled"].includes(code)) return failure(`This server may not put files there. ${CHECK}`, LATER);
  if (code && (status === 403 || status === 404 || /Region|Redirect|Authorization|Token/.test(code))) {
    return failure(`This server's settings for S3 are wrong, or its credentials have ended. ${CHECK}`, LATER);
  }
  if (!code && status < 500) return failure("Something before S3 refuses the file.", status === 400 ? NEVER : LATER);
  return new Failure(said, NEVER);
}

function retryAfter(xhr) {
  return /^retry-after:/im.test(xhr.getAllResponseHeaders()) ? Number(xhr.getResponseHeader("Retry-After")) || 0 : 0;
}

/** What was signed arrived as something else; S3 itself says what it saw, other stores do not. */
function ofSignature(failure, canonicalRequest, upload, presigned) {
  const seen = Object.fromEntries(
    canonicalRequest.split("\n").slice(3).filter((line) => line.includes(":")).map((line) => line.split(/:(.*)/, 2)));
  const type = presigned.headers["content-type"] ?? "";
  const arrived = seen["content-type"] ?? type;
  if (arrived !== type && arrived.startsWith("multipart/form-data")) {
    return new Failure("A form was sent where the file itself was to be: by a browser's extension, or something on the way.", LATER);
  }
  if (arrived !== type) {
    return new Failure(`The file's type arrived as “${arrived}”, not as “${type}”: something on the way changes it.`, LATER);
  }
  if (upload.total !== upload.size || Number(seen["content-length"] ?? upload.size) !== upload.size) return changed();
  const { host } = new URL(presigned.url);
  if ((seen.host ?? host) !== host) {
    return new Failure(`The request arrived for ${seen.host}: a proxy before S3 changes its Host.`, LATER);
  }
  return failure(`S3 does not accept this server's signature. ${CHECK}`, LATER);
}

/** The link had ended, or one of the clocks is wrong: this server's has signed it, S3's has judged it. */
function ofTime(failure, serverTime, presigned) {
  const age = (Date.now() - presigned.askedAt) / 1000;
  const signedAt = Date.parse(new URL(presigned.url).searchParams.get("X-Amz-Date")?.replace(/(....)(..)(..T..)(..)/, "$1-$2-$3:$4:"));
  const ahead = (signedAt - Date.parse(serverTime)) / 1000 + age;
  if (age > presigned.expires_in - 60 && !(Math.abs(ahead) > 60)) {
    return failure("Its link ended before the upload began.", SOON, { anew: true });
  }
  const how = Number.isFinite(ahead) ? ` by ${duration(Math.round(Math.abs(ahead) / 60) * 60)}` : "";
  return failure(`The clock of this server is wrong${how}, or that of S3. ${CHECK}`, LATER, { anew: true });
}
