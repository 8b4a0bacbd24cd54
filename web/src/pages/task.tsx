// One ECS task: its containers, what they printed, its whole description.
import { DescribeTasksCommand } from "@aws-sdk/client-ecs";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { ecs } from "../aws/ecs";
import { useAsked } from "../aws/queries";
import { taskOf } from "../history/links";
import type { Place } from "../router";
import { command, CopyCli } from "../ui/Cli";
import { JsonText } from "../ui/JsonText";
import { Failure, Nothing, Page, Waiting } from "../ui/Page";
import ContainerOutput from "./execution/ContainerOutput";

export default function TaskPage({ place }: { place: Place }) {
  const [, , cluster, , id] = place.path;
  const task = useAsked(["task-of", cluster, id], (abortSignal) => ecs().send(new DescribeTasksCommand({ cluster, tasks: [id] }), { abortSignal }), { refetchInterval: 2_000 });
  if (task.error) return <Failure error={task.error} what="The task could not be read" />;
  if (!task.data) return <Waiting />;
  const found = task.data.tasks?.[0];
  if (!found) return <Nothing title="This task is not there" text="Tasks are remembered for about an hour after their end." />;
  return (
    <Page title={`Task ${id}`} description={found.taskArn} actions={<CopyCli text={command("ecs", "describe-tasks", { cluster, tasks: id })} />}>
      <SpaceBetween size="l">
        <Container header={<Header variant="h2">Containers</Header>}><ContainerOutput task={taskOf(found.taskArn!)!} /></Container>
        <ExpandableSection variant="container" headerText="Everything that is known of it"><JsonText value={JSON.stringify(found)} label="Task" name={id} /></ExpandableSection>
      </SpaceBetween>
    </Page>
  );
}
