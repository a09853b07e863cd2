// A round trip of the JavaScript SDK v3, its Upload helper and its presigners: node round_trip.cjs BUCKET.
// The environment says where and who.
"use strict";
const assert = require("node:assert/strict");
const { Readable } = require("node:stream");
const {
  CopyObjectCommand, DeleteObjectCommand, DeleteObjectsCommand, GetObjectCommand, HeadObjectCommand, NoSuchKey,
  PutObjectCommand, S3Client, paginateListObjectsV2,
} = require("@aws-sdk/client-s3");
const { Upload } = require("@aws-sdk/lib-storage");
const { createPresignedPost } = require("@aws-sdk/s3-presigned-post");
const { getSignedUrl } = require("@aws-sdk/s3-request-presigner");

const Bucket = process.argv[2];
const Key = "kept/a b+ü~.txt";
const client = new S3Client({});

async function objects() {
  await client.send(new PutObjectCommand({
    Bucket, Key, Body: "hello", ContentType: "text/plain", Metadata: { colour: "blue" },
  }));
  const got = await client.send(new GetObjectCommand({ Bucket, Key, ChecksumMode: "ENABLED" }));
  assert.equal(await got.Body.transformToString(), "hello");
  assert.equal(got.ContentType, "text/plain");
  assert.deepEqual(got.Metadata, { colour: "blue" });
  assert.ok(got.ChecksumCRC32);

  const CopySource = `${Bucket}/${encodeURIComponent(Key)}`;
  await client.send(new CopyObjectCommand({ Bucket, Key: "copy", CopySource }));
  const head = await client.send(new HeadObjectCommand({ Bucket, Key: "copy" }));
  assert.deepEqual(head.Metadata, { colour: "blue" });
  await client.send(new DeleteObjectCommand({ Bucket, Key: "copy" }));
  await assert.rejects(client.send(new GetObjectCommand({ Bucket, Key: "copy" })), NoSuchKey);
  const again = new PutObjectCommand({ Bucket, Key, Body: "", IfNoneMatch: "*" });
  await assert.rejects(client.send(again), { name: "PreconditionFailed" });
}

async function upload() {
  const data = Buffer.alloc(12 << 20, "0123456789abcdef");
  const pieces = Readable.from(Array.from({ length: 12 }, (_, n) => data.subarray(n << 20, (n + 1) << 20)));
  await new Upload({ client, params: { Bucket, Key: "big", Body: pieces } }).done();
  const got = await client.send(new GetObjectCommand({ Bucket, Key: "big" }));
  assert.ok(data.equals(Buffer.from(await got.Body.transformToByteArray())));
  assert.match(got.ETag, /-3"$/);
  const end = await client.send(new GetObjectCommand({ Bucket, Key: "big", Range: "bytes=-6" }));
  assert.equal(await end.Body.transformToString(), "abcdef");

  const aborted = new Upload({ client, params: { Bucket, Key: "aborted", Body: data } });
  const done = aborted.done();
  await aborted.abort();
  await assert.rejects(done, { name: "AbortError" });
}

async function listing() {
  const names = Array.from({ length: 5 }, (_, n) => `list/${n}/x`);
  await Promise.all(names.map((name) => client.send(new PutObjectCommand({ Bucket, Key: name, Body: name }))));
  const found = [];
  for await (const page of paginateListObjectsV2({ client, pageSize: 2 }, { Bucket })) {
    found.push(...page.Contents.map((object) => object.Key));
  }
  assert.deepEqual(found, ["big", Key, ...names]);
  const folders = [];
  for await (const page of paginateListObjectsV2({ client, pageSize: 1 }, { Bucket, Delimiter: "/" })) {
    folders.push(...(page.CommonPrefixes ?? []).map((folder) => folder.Prefix));
  }
  assert.deepEqual(folders, ["kept/", "list/"]);
  const Objects = ["big", ...names].map((name) => ({ Key: name }));
  const deleted = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
  assert.equal(deleted.Deleted.length, 6);
}

async function presigned() {
  const name = "presigned ü";
  // Without this the URL carries the checksum of an empty body, and S3 refuses any other.
  const signing = new S3Client({ requestChecksumCalculation: "WHEN_REQUIRED" });
  const put = await getSignedUrl(signing, new PutObjectCommand({ Bucket, Key: name }));
  assert.equal((await fetch(put, { method: "PUT", body: "sent" })).status, 200);
  const get = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: name }));
  assert.equal(await (await fetch(get)).text(), "sent");
  await client.send(new DeleteObjectCommand({ Bucket, Key: name }));
}

async function post() {
  const { url, fields } = await createPresignedPost(client, { Bucket, Key: "posts/${filename}" });
  const form = new FormData();
  Object.entries(fields).forEach(([name, value]) => form.append(name, value));
  form.append("file", new Blob(["posted"]), "a b.txt");
  assert.equal((await fetch(url, { method: "POST", body: form })).status, 204);
  const got = await client.send(new GetObjectCommand({ Bucket, Key: "posts/a b.txt" }));
  assert.equal(await got.Body.transformToString(), "posted");
  await client.send(new DeleteObjectCommand({ Bucket, Key: "posts/a b.txt" }));
}

async function main() {
  await objects();
  await upload();
  await listing();
  await presigned();
  await post();
}

main();
