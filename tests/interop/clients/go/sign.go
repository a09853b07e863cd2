package main

import (
	"context"
	"encoding/json"
	"net/http"
	"os"
	"strconv"
	"time"

	"bytes"
	"crypto/sha256"
	"encoding/hex"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

type unsigned struct {
	Method, URL, Region, Service string
	Headers                      map[string]string
	Body                         []byte
	Keys                         []string
	SignedAt, ExpiresIn          int64
}

type signed struct {
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
}

// The SDK's signer: a JSON list of requests on standard input, a list of signed ones out.
func signAll(ctx context.Context) {
	var jobs []unsigned
	check(json.NewDecoder(os.Stdin).Decode(&jobs))
	made := make([]signed, len(jobs))
	for i, job := range jobs {
		made[i] = job.sign(ctx)
	}
	check(json.NewEncoder(os.Stdout).Encode(made))
}

func (job unsigned) sign(ctx context.Context) signed {
	request, err := http.NewRequest(job.Method, job.URL, bytes.NewReader(job.Body))
	check(err)
	for name, value := range job.Headers {
		request.Header.Set(name, value)
	}
	keys := aws.Credentials{AccessKeyID: job.Keys[0], SecretAccessKey: job.Keys[1]}
	if len(job.Keys) > 2 {
		keys.SessionToken = job.Keys[2]
	}
	signer := v4.NewSigner(func(options *v4.SignerOptions) {
		options.DisableURIPathEscaping = job.Service == "s3"
	})
	at := time.Unix(job.SignedAt, 0).UTC()
	if job.ExpiresIn > 0 {
		query := request.URL.Query()
		query.Set("X-Amz-Expires", strconv.FormatInt(job.ExpiresIn, 10))
		request.URL.RawQuery = query.Encode()
		request.ContentLength, _ = strconv.ParseInt(job.Headers["content-length"], 10, 64)
		url, _, err := signer.PresignHTTP(ctx, keys, request, "UNSIGNED-PAYLOAD", job.Service, job.Region, at)
		check(err)
		return signed{url, job.Headers}
	}
	sum := sha256.Sum256(job.Body)
	hash := hex.EncodeToString(sum[:])
	request.Header.Set("X-Amz-Content-Sha256", hash)
	check(signer.SignHTTP(ctx, keys, request, hash, job.Service, job.Region, at))
	headers := map[string]string{}
	for name := range request.Header {
		headers[name] = request.Header.Get(name)
	}
	if request.ContentLength > 0 { // signed, and sent by the client itself
		headers["Content-Length"] = strconv.FormatInt(request.ContentLength, 10)
	}
	return signed{request.URL.String(), headers}
}
