import { ECSClient } from "@aws-sdk/client-ecs";
import { clientConfig, perSession } from "./client";

export const ecs = perSession(() => new ECSClient(clientConfig()));
