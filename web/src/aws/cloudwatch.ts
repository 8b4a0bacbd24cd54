import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { clientConfig, perSession } from "./client";

export const cloudwatch = perSession(() => new CloudWatchClient(clientConfig()));
