// "Advanced view": each stage of a state's data, from its input to its output. What the history does not tell is asked of
// TestState with the task's answer as a mock: nothing is called, nothing is changed.
import { TestStateCommand } from "@aws-sdk/client-sfn";
import Alert from "@cloudscape-design/components/alert";
import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMemo, useState } from "react";
import type { StateDefinition } from "../../asl/definition";
import { useAsked } from "../../aws/queries";
import { sfn } from "../../aws/sfn";
import type { Model, Visit } from "../../history/model";
import { hasMore, question, stages, type Answer, type Facts, type Language, type Question } from "../../history/stages";
import { CliOf } from "../../ui/Cli";
import { JsonText } from "../../ui/JsonText";
import { errorText } from "../../ui/notices";
import { Waiting } from "../../ui/Page";

const testing = (asked: Question) => new TestStateCommand(asked);

interface Props {
  model: Model;
  visit: Visit;
  state: StateDefinition;
  language: Language;
  facts: Facts;
  /** Whether it is asked at once. What was imported is sent nowhere unless it is wished. */
  atOnce: boolean;
}

export default function Stages({ model, visit, state, language, facts, atOnce }: Props) {
  const [wished, setWished] = useState(atOnce);
  const more = hasMore(state, language) && visit.input !== undefined;
  const first = useMemo(() => question(model, visit, state, language, facts), [model, visit, state, language, facts]);
  const asked = useAsked<Answer>(["stages", first], async (abortSignal) => {
    const send = async (q: Question) => (await sfn().send(testing(q), { abortSignal })) as Answer;
    const answer = await send(first);
    // A state that calls nothing comes to what its paths made of its input, or to what it says itself.
    if (!first.mock || ["Task", "Map", "Parallel"].includes(state.Type ?? "")) return answer;
    const data = answer.inspectionData ?? {};
    const stand = state.Type === "Pass" && "Result" in state ? JSON.stringify(state.Result) : state.Parameters ? data.afterParameters : (data.afterInputPath ?? first.input);
    return send(question(model, visit, state, language, facts, stand as string | undefined));
  }, { enabled: more && wished });
  const { stages: list, differs } = useMemo(() => stages(model, visit, state, language, asked.data), [model, visit, state, language, asked.data]);
  return (
    <SpaceBetween size="m">
      {more && !wished && <Alert type="info" action={<Button onClick={() => setWished(true)}>Compute them</Button>}>What lies between is computed by this server, which is given this state's data for it. Nothing is called.</Alert>}
      {asked.isLoading && <Waiting text="Computing what lies between" />}
      {asked.error && <Alert type="warning" header="What lies between could not be computed anew">{errorText(asked.error)}</Alert>}
      {asked.data?.status === "FAILED" && visit.exited && <Alert type="warning" header="What lies between could not be computed anew">{asked.data.error}: {asked.data.cause} {visit.scope.parent?.type === "Map" && "What a state reads of its iteration out of the context object is known to the execution alone."}</Alert>}
      {differs && <Alert type="info">Computed anew the output is another one: it depends on what changes each time, such as the clock, chance or the iteration. The input, the result and the output are the execution's own.</Alert>}
      <ol className="stages">
        {list.map((stage) => (
          <li key={stage.label}>
            <div className="stage-head">
              <Box variant="awsui-key-label">{stage.label}</Box>
              {!stage.told && <Badge>computed</Badge>}
            </div>
            {stage.field && <code className="stage-field">{stage.field}</code>}
            {stage.same ? <Box variant="small" color="text-body-secondary">The same as before.</Box> : <JsonText value={stage.value} label={stage.label} name={`${visit.name}-${stage.label.replace(/[^\w]+/g, "-")}`} />}
          </li>
        ))}
      </ol>
      {more && <SpaceBetween direction="horizontal" size="xs" alignItems="center"><CliOf of={() => testing(first)} what="for this state" /><Box variant="small" color="text-body-secondary">The stages marked <i>computed</i> come from TestState, with the task's own answer as its mock: nothing was called for them.</Box></SpaceBetween>}
    </SpaceBetween>
  );
}
