// The JavaScript SDK v3 asks STS for a role: node sts.cjs. The environment says where and who.
// The client is the one that the SDK's own credential providers use.
const { AssumeRoleCommand, STSClient } = require("@aws-sdk/nested-clients/sts");

const { AWS_ACCESS_KEY_ID, AWS_ENDPOINT_URL, AWS_REGION, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
new STSClient({
  endpoint: AWS_ENDPOINT_URL,
  region: AWS_REGION,
  credentials: {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    sessionToken: AWS_SESSION_TOKEN,
  },
})
  .send(new AssumeRoleCommand({ RoleArn: "arn:aws:iam::123456789012:role/a b+ü~", RoleSessionName: "x" }))
  .then((answer) => {
    if (answer.Credentials.AccessKeyId !== "ASIAROLE") throw new Error(JSON.stringify(answer));
  })
  .catch((error) => {
    console.error(error);
    process.exit(1);
  });
