import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { clientConfig, perSession } from "./client";

export const logs = perSession(() => new CloudWatchLogsClient(clientConfig()));
