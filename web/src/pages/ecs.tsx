// ECS clusters.
import { DescribeClustersCommand, ListClustersCommand } from "@aws-sdk/client-ecs";
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import { ecs } from "../aws/ecs";
import { useAsked } from "../aws/queries";
import { paths } from "../router";
import { ListTable } from "../ui/ListTable";
import { StatusBadge } from "../ui/Status";

export default function ClustersPage() {
  const clusters = useAsked(["clusters"], async (abortSignal) => {
    const { clusterArns = [] } = await ecs().send(new ListClustersCommand({ maxResults: 100 }), { abortSignal });
    if (clusterArns.length === 0) return [];
    return (await ecs().send(new DescribeClustersCommand({ clusters: clusterArns }), { abortSignal })).clusters ?? [];
  }, { changesWith: ["clusters"] });
  return (
    <ListTable
      title="Clusters" query={clusters} trackBy={(c) => c.clusterArn!} fields={["clusterName", "status"]} empty={{ title: "No clusters", text: "A cluster is where tasks run. Deploy the sample project, which brings one.", action: <Button href={paths.samples}>Sample projects</Button> }}
      columns={[
        { id: "name", header: "Cluster", cell: (c) => <Link href={paths.cluster(c.clusterName!)}>{c.clusterName}</Link>, sortingField: "clusterName", isRowHeader: true },
        { id: "status", header: "Status", cell: (c) => <StatusBadge status={c.status} /> },
        { id: "running", header: "Running tasks", cell: (c) => c.runningTasksCount ?? 0 },
        { id: "pending", header: "Pending tasks", cell: (c) => c.pendingTasksCount ?? 0 },
      ]}
    />
  );
}
