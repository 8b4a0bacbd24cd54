import { SQSClient } from "@aws-sdk/client-sqs";
import { clientConfig, perSession } from "./client";

export const sqs = perSession(() => new SQSClient(clientConfig()));
