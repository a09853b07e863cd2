// The JavaScript SDK's signer: node sign.cjs. A JSON list of requests on standard input, a list of signed ones out.
const { createHash, createHmac } = require("node:crypto");
const { SignatureV4 } = require("@smithy/signature-v4");

class Sha256 {
  constructor(secret) {
    this.hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret);
  }
  update(data) {
    this.hash.update(data);
  }
  async digest() {
    return new Uint8Array(this.hash.digest());
  }
}

async function sign({ method, url, headers, body, region, service, keys, signedAt, expiresIn }) {
  const { protocol, host, pathname, searchParams } = new URL(url);
  const query = {};
  for (const [name, value] of searchParams) query[name] = [...(query[name] ?? []), value];
  const signer = new SignatureV4({
    credentials: { accessKeyId: keys[0], secretAccessKey: keys[1], sessionToken: keys[2] ?? undefined },
    region, service, sha256: Sha256, uriEscapePath: service !== "s3", applyChecksum: true,
  });
  const request = {
    protocol, hostname: host, method, path: pathname, query,
    headers: { host, ...headers }, body: expiresIn ? undefined : Buffer.from(body, "base64"),
  };
  const signingDate = new Date(signedAt * 1000);
  if (expiresIn) request.headers["x-amz-content-sha256"] = "UNSIGNED-PAYLOAD";
  const options = { signingDate, expiresIn, unhoistableHeaders: new Set(Object.keys(headers)) };
  const made = expiresIn ? await signer.presign(request, options) : await signer.sign(request, { signingDate });
  const encode = (text) =>
    encodeURIComponent(text).replace(/[!'()*]/g, (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase());
  const pairs = Object.entries(made.query).flatMap(([name, values]) =>
    [values].flat().map((value) => `${encode(name)}=${encode(value)}`));
  const sent = expiresIn ? headers : made.headers;
  return { url: `${protocol}//${host}${pathname}${pairs.length ? "?" + pairs.join("&") : ""}`, headers: sent };
}

let input = "";
process.stdin.on("data", (data) => (input += data)).on("end", async () => {
  console.log(JSON.stringify(await Promise.all(JSON.parse(input).map(sign))));
});
