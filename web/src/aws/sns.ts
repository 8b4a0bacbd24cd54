import { SNSClient } from "@aws-sdk/client-sns";
import { clientConfig, perSession } from "./client";

export const sns = perSession(() => new SNSClient(clientConfig()));
