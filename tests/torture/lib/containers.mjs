// What a container task needs before it can run: an image, a subnet, a cluster, a definition of one busybox container.
import { existsSync } from "node:fs";
import { busyboxImage } from "../../e2e/lib/server.mjs";
import { client, ec2, ecs } from "./aws.mjs";

export const containersRun = () => process.getuid() === 0 && existsSync("/bin/busybox") && existsSync("/usr/bin/crun");

// The id of the subnet; the cluster is "torture".
export async function prepare(server, family, command, more = {}) {
  server.gantry("image", "import", busyboxImage(), "busybox");
  const net = client(ec2.EC2Client, server), tasks = client(ecs.ECSClient, server);
  const { Vpc } = await net.send(new ec2.CreateVpcCommand({ CidrBlock: "10.77.0.0/16" }));
  const { Subnet } = await net.send(new ec2.CreateSubnetCommand({ VpcId: Vpc.VpcId, CidrBlock: "10.77.1.0/24" }));
  await tasks.send(new ecs.CreateClusterCommand({ clusterName: "torture" }));
  await tasks.send(new ecs.RegisterTaskDefinitionCommand({
    family, requiresCompatibilities: ["FARGATE"], networkMode: "awsvpc", cpu: "256", memory: "512",
    containerDefinitions: [{ name: "main", image: "busybox", command, ...more }],
  }));
  return Subnet.SubnetId;
}
