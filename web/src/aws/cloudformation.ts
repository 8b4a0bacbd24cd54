import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { clientConfig, perSession } from "./client";

export const cloudformation = perSession(() => new CloudFormationClient(clientConfig()));
