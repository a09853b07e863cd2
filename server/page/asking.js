// What is asked of this server: POST /presign, with its token where it wants one.

import { Failure, ofServer, signIn, unanswered } from "./failures.js";
import { tab } from "./kept.js";

const PATIENCE = 30_000; // milliseconds for this server to answer
const TOKEN = "sigv4-server-token";

const $ = (id) => document.getElementById(id);

/** The JSON answer of this server. It asks the user for the token where one is wanted, and throws Failure with words to show. */
export async function ask(body) {
  for (;;) {
    const headers = {};
    const token = tab.get(TOKEN);
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body) headers["Content-Type"] = "application/json";
    const how = { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), redirect: "manual" };
    let response;
    try {
      response = await fetch("presign", { ...how, signal: AbortSignal.timeout(PATIENCE) });
    } catch {
      throw unanswered();
    }
    if (response.type === "opaqueredirect") throw signIn(); // this server redirects nobody
    const answer = await response.json().catch(() => null);
    if (response.status === 401 && answer?.field === "Authorization") { await askForToken(token); continue; }
    if (!response.ok || answer === null) throw ofServer(response, answer);
    return answer;
  }
}

let tokenAsked = null;

/**
 * Resolves when the user has given a token other than `refused`; one dialog serves all that wait for it. Closed without
 * one, as Escape does whatever a page says, it throws Failure, and the next try asks again.
 */
function askForToken(refused) {
  if (tab.get(TOKEN) !== refused) return Promise.resolve();
  tokenAsked ??= new Promise((resolve, reject) => {
    $("token-wrong").hidden = !refused;
    $("token").value = "";
    $("token-dialog").onclose = () => {
      if (tokenAsked === null) return;
      tokenAsked = null;
      reject(new Failure("This server gives out no links without its token."));
    };
    $("token-form").onsubmit = (event) => {
      const token = $("token").value.trim();
      if (!/^[!-~]+$/.test(token)) { // no header can carry it, so it cannot be the one
        event.preventDefault();
        $("token-wrong").hidden = false;
        $("token").value = "";
        return;
      }
      tab.set(TOKEN, token);
      tokenAsked = null;
      resolve();
    };
    $("token-dialog").showModal();
  });
  return tokenAsked;
}
