// A log group: its streams, and its lines as they come.
import { DescribeLogStreamsCommand } from "@aws-sdk/client-cloudwatch-logs";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import TextFilter from "@cloudscape-design/components/text-filter";
import Toggle from "@cloudscape-design/components/toggle";
import { useEffect, useState } from "react";
import { tailOf, type Tail } from "../aws/logLines";
import { logs } from "../aws/logs";
import { useAsked } from "../aws/queries";
import { go, paths, type Place } from "../router";
import { command, CopyCli } from "../ui/Cli";
import { Failure, Page } from "../ui/Page";
import { LogLines } from "./execution/ContainerOutput";

export default function LogGroupPage({ place }: { place: Place }) {
  const group = place.path[1];
  const stream = place.query.get("stream") ?? "";
  const [tail, setTail] = useState(true);
  const [text, setText] = useState(place.query.get("filter") ?? "");
  const [pattern, setPattern] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setPattern(text), 400);
    return () => clearTimeout(timer);
  }, [text]);
  const streams = useAsked(["log-streams", group], async (abortSignal) => (await logs().send(new DescribeLogStreamsCommand({ logGroupName: group, orderBy: "LastEventTime", descending: true, limit: 50 }), { abortSignal })).logStreams ?? [], { changesWith: [`log-events:${group}`], pause: 1_000 });
  // Plain words are searched as they stand.
  const wanted = pattern && !/^[[{"?-]/.test(pattern) ? `"${pattern.replaceAll('"', '\\"')}"` : pattern;
  const found = useAsked<Tail>(["log-events", group, stream, wanted], (signal, before) => tailOf({ group, stream, pattern: wanted }, signal, before), { changesWith: tail ? [`log-events:${stream ? `${group}:${stream}` : group}`] : [] });
  const lines = { data: found.data?.lines, error: found.error };
  const options = [{ value: "", label: "All log streams" }, ...(streams.data ?? []).map((s) => ({ value: s.logStreamName!, label: s.logStreamName! }))];
  return (
    <Page title={group} description={`Log streams: ${streams.data?.length ?? "-"}`} actions={<CopyCli text={command("logs", "tail", {}).replace("logs tail", `logs tail ${group} --follow`)} />}>
      <Container header={<Header variant="h2" counter={lines.data ? `(${found.data?.whole ? "" : "last "}${lines.data.length.toLocaleString("en")})` : undefined} actions={<Toggle checked={tail} onChange={({ detail }) => setTail(detail.checked)}>Live tail</Toggle>}>Log events</Header>}>
        <SpaceBetween size="s">
          <div className="slider-row" style={{ gridTemplateColumns: "minmax(0, 1fr) minmax(0, 1fr)" }}>
            <TextFilter filteringText={text} onChange={({ detail }) => setText(detail.filteringText)} filteringPlaceholder="Filter events: a word, or a filter pattern" filteringAriaLabel="Filter the events" filteringClearAriaLabel="Clear the search" />
            <Select options={options} selectedOption={options.find((o) => o.value === stream) ?? { value: stream, label: stream }} onChange={({ detail }) => go(paths.logGroup(group, detail.selectedOption.value), "replace")} ariaLabel="Stream" />
          </div>
          {lines.error && <Failure error={lines.error} what="The events could not be read" />}
          {lines.data?.length === 0 && <Box color="text-body-secondary">No events {pattern ? "match" : "yet"}.</Box>}
          {lines.data && lines.data.length > 0 && <LogLines lines={lines.data} label={`Events of ${group}`} />}
        </SpaceBetween>
      </Container>
    </Page>
  );
}
