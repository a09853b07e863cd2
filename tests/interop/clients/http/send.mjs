// Send signed requests with Node's fetch; in and out as in send.py.
import { text } from "node:stream/consumers";

const responses = [];
for (const [method, url, headers, body] of JSON.parse(await text(process.stdin))) {
  const response = await fetch(url, { method, headers, body: body ? Buffer.from(body, "hex") : undefined });
  responses.push([response.status, await response.text()]);
}
console.log(JSON.stringify(responses));
