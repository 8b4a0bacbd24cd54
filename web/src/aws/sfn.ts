import { SFNClient } from "@aws-sdk/client-sfn";
import { clientConfig, perSession } from "./client";

export const sfn = perSession(() => new SFNClient(clientConfig()));
