// The gallery of sample projects.
import Badge from "@cloudscape-design/components/badge";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useState } from "react";
import { serviceIcon } from "../graph/icons";
import { go, paths } from "../router";
import { Failure, Nothing, Page, Waiting } from "../ui/Page";
import { serviceKeys, useSamples } from "./catalogue";

export default function SamplesPage() {
  const samples = useSamples();
  const [filter, setFilter] = useState("");
  const [chosen, setChosen] = useState<string>();
  const wanted = filter.trim().toLowerCase();
  const shown = (samples.data ?? []).filter((s) => [s.name, s.description, ...s.services, ...s.tags].some((t) => t.toLowerCase().includes(wanted)));
  return (
    <Page title="Sample projects" description="Each brings a state machine and every resource that it needs, deployed as one stack."
      actions={<SpaceBetween direction="horizontal" size="xs"><Button href={paths.create} variant="link">Cancel</Button><Button variant="primary" disabled={!chosen} onClick={() => chosen && go(paths.sample(chosen))}>Next</Button></SpaceBetween>}>
      <Container>
        <SpaceBetween size="l">
          <TextFilter filteringText={filter} onChange={({ detail }) => setFilter(detail.filteringText)} filteringPlaceholder="Search by name, service or pattern" filteringAriaLabel="Search for sample projects" filteringClearAriaLabel="Clear the search" />
          {samples.isLoading && <Waiting text="Loading the sample projects" />}
          {samples.error && <Failure error={samples.error} what="The sample projects could not be listed" />}
          {samples.data && shown.length === 0 && <Nothing title="Nothing matches" text="No sample has this text." action={<Button onClick={() => setFilter("")}>Clear the filter</Button>} />}
          <div className="sample-grid" role="radiogroup" aria-label="Sample projects">
            {shown.map((s) => {
              const keys = [...new Set(s.services.map((n) => serviceKeys[n]).filter(Boolean))];
              return (
                <button key={s.id} type="button" className="sample-card" role="radio" aria-checked={chosen === s.id} onClick={() => setChosen(s.id)} onDoubleClick={() => go(paths.sample(s.id))}>
                  <span className="sample-icons">{keys.map((k) => <span key={k}>{serviceIcon(k, 30)}</span>)}</span>
                  <h3>{s.name}</h3>
                  <p>{s.description}</p>
                  <Box variant="small" color="text-body-secondary">{s.services.join(", ")}</Box>
                  <SpaceBetween direction="horizontal" size="xxs">{s.tags.map((t) => <Badge key={t} color="grey">{t}</Badge>)}</SpaceBetween>
                </button>
              );
            })}
          </div>
        </SpaceBetween>
      </Container>
    </Page>
  );
}
