// A round trip of the Go SDK v2 and its transfer manager: go run . BUCKET. The environment says where and who.
// With --sts instead of a bucket it asks STS who it is; with --sign it signs what standard input says.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/feature/s3/manager"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

const key = "kept/a b+ü~.txt"

func main() {
	ctx := context.Background()
	if os.Args[1] == "--sign" {
		signAll(ctx)
		return
	}
	settings, err := config.LoadDefaultConfig(ctx)
	check(err)
	if os.Args[1] == "--sts" {
		who, err := sts.NewFromConfig(settings).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
		check(err)
		equal(*who.Account, "123456789012")
		return
	}
	client := s3.NewFromConfig(settings)
	bucket := aws.String(os.Args[1])

	objects(ctx, client, bucket)
	multipart(ctx, client, bucket)
	listing(ctx, client, bucket)
	presigned(ctx, client, bucket)
}

func objects(ctx context.Context, client *s3.Client, bucket *string) {
	_, err := client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: bucket, Key: aws.String(key), Body: strings.NewReader("hello"),
		ContentType: aws.String("text/plain"), Metadata: map[string]string{"colour": "blue"},
	})
	check(err)
	got, err := client.GetObject(ctx, &s3.GetObjectInput{
		Bucket: bucket, Key: aws.String(key), ChecksumMode: types.ChecksumModeEnabled,
	})
	check(err)
	equal(read(got.Body), "hello")
	equal(*got.ContentType, "text/plain")
	equal(got.Metadata, map[string]string{"colour": "blue"})
	equal(got.ChecksumCRC32 != nil, true)

	_, err = client.CopyObject(ctx, &s3.CopyObjectInput{
		Bucket: bucket, Key: aws.String("copy"), CopySource: aws.String(*bucket + "/kept/a%20b%2B%C3%BC~.txt"),
	})
	check(err)
	head, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: aws.String("copy")})
	check(err)
	equal(head.Metadata, map[string]string{"colour": "blue"})
	_, err = client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: aws.String("copy")})
	check(err)
	_, err = client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: aws.String("copy")})
	var missing *types.NoSuchKey
	equal(errors.As(err, &missing), true)
	_, err = client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: aws.String(key), IfNoneMatch: aws.String("*")})
	equal(err != nil && strings.Contains(err.Error(), "PreconditionFailed"), true)
}

func multipart(ctx context.Context, client *s3.Client, bucket *string) {
	data := bytes.Repeat([]byte("0123456789abcdef"), 12<<16) // 12 MiB: three parts
	big := aws.String("big")
	_, err := manager.NewUploader(client).Upload(ctx, &s3.PutObjectInput{Bucket: bucket, Key: big, Body: bytes.NewReader(data)})
	check(err)
	received := manager.NewWriteAtBuffer(nil)
	_, err = manager.NewDownloader(client).Download(ctx, received, &s3.GetObjectInput{Bucket: bucket, Key: big})
	check(err)
	equal(bytes.Equal(received.Bytes(), data), true)
	head, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: bucket, Key: big})
	check(err)
	equal(strings.HasSuffix(*head.ETag, `-3"`), true)
}

func listing(ctx context.Context, client *s3.Client, bucket *string) {
	for number := range 5 {
		name := fmt.Sprintf("list/%d/x", number)
		_, err := client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: &name, Body: strings.NewReader(name)})
		check(err)
	}
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: bucket, MaxKeys: aws.Int32(2)})
	var keys []string
	var gone []types.ObjectIdentifier
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		check(err)
		for _, object := range page.Contents {
			keys = append(keys, *object.Key)
			if *object.Key != key {
				gone = append(gone, types.ObjectIdentifier{Key: object.Key})
			}
		}
	}
	equal(keys, []string{"big", key, "list/0/x", "list/1/x", "list/2/x", "list/3/x", "list/4/x"})
	folders, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: bucket, Delimiter: aws.String("/")})
	check(err)
	equal(len(folders.Contents), 1)
	equal(len(folders.CommonPrefixes), 2)
	deleted, err := client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: bucket, Delete: &types.Delete{Objects: gone}})
	check(err)
	equal(len(deleted.Deleted), 6)
}

func presigned(ctx context.Context, client *s3.Client, bucket *string) {
	presigner := s3.NewPresignClient(client)
	name := aws.String("presigned ü")
	put, err := presigner.PresignPutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: name})
	check(err)
	request, err := http.NewRequest(put.Method, put.URL, strings.NewReader("sent"))
	check(err)
	answer, err := http.DefaultClient.Do(request)
	check(err)
	equal(answer.StatusCode, 200)
	get, err := presigner.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: name})
	check(err)
	answer, err = http.Get(get.URL)
	check(err)
	equal(read(answer.Body), "sent")
	_, err = client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: name})
	check(err)
}

func read(body io.ReadCloser) string {
	defer body.Close()
	data, err := io.ReadAll(body)
	check(err)
	return string(data)
}

func equal(found, expected any) {
	if !reflect.DeepEqual(found, expected) {
		panic(fmt.Sprintf("found %v, expected %v", found, expected))
	}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
