import { IAMClient } from "@aws-sdk/client-iam";
import { clientConfig, perSession } from "./client";

export const iam = perSession(() => new IAMClient(clientConfig()));
