// What the pages of the tests have of the upload clients: everything that their recipes import, by its name.
import { uploadFiles } from "@better-upload/client";
import AwsS3 from "@uppy/aws-s3";
import Uppy from "@uppy/core";
import GoldenRetriever from "@uppy/golden-retriever";
import { usePresignedUpload } from "next-s3-upload";
import { createElement } from "react";
import { createRoot } from "react-dom/client";

Object.assign(window, { AwsS3, GoldenRetriever, Uppy, createElement, createRoot, uploadFiles, usePresignedUpload });
