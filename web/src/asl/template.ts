// What a sample's CloudFormation template says before it is deployed: its resources, and the state machine's definition with
// placeholders where the resources' names will be.

export interface TemplateResource {
  logicalId: string;
  type: string;
}

interface Template {
  Description?: string;
  Resources?: Record<string, { Type: string; Properties?: Record<string, unknown> }>;
}

export function resourcesOf(template: string): TemplateResource[] {
  const document = JSON.parse(template) as Template;
  return Object.entries(document.Resources ?? {}).map(([logicalId, r]) => ({ logicalId, type: r.Type }));
}

/** "${ECSCluster.Arn}" for {"Fn::GetAtt": ["ECSCluster", "Arn"]}, as AWS's review page shows it: "${ECSClusterArn}". */
function placeholder(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(placeholder);
  if (value && typeof value === "object") {
    const entries = Object.entries(value as Record<string, unknown>);
    if (entries.length === 1) {
      const [name, inside] = entries[0];
      if (name === "Ref") return `\${${String(inside)}}`;
      if (name === "Fn::GetAtt") return `\${${(Array.isArray(inside) ? inside : String(inside).split(".")).join("")}}`;
      if (name === "Fn::Sub") return substituted(inside);
      if (name === "Fn::Join" && Array.isArray(inside)) return (placeholder(inside[1]) as unknown[]).map(String).join(String(inside[0]));
    }
    return Object.fromEntries(entries.map(([k, v]) => [k, placeholder(v)]));
  }
  return value;
}

function substituted(inside: unknown): string {
  if (typeof inside === "string") return inside;
  if (!Array.isArray(inside)) return "";
  const names = (inside[1] ?? {}) as Record<string, unknown>;
  return String(inside[0]).replace(/\$\{([^}]+)\}/g, (whole, name: string) => (name in names ? String(placeholder(names[name])) : whole));
}

/** The state machine's definition as text; undefined when the template has none. */
export function definitionOf(template: string): { logicalId: string; text: string } | undefined {
  const document = JSON.parse(template) as Template;
  for (const [logicalId, resource] of Object.entries(document.Resources ?? {})) {
    if (resource.Type !== "AWS::StepFunctions::StateMachine") continue;
    const p = resource.Properties ?? {};
    const given = p.DefinitionString ?? p.Definition;
    let text = typeof given === "string" ? given : given === p.Definition ? JSON.stringify(placeholder(given)) : String(placeholder(given));
    const substitutions = (p.DefinitionSubstitutions ?? {}) as Record<string, unknown>;
    text = text.replace(/\$\{([^}]+)\}/g, (whole, name: string) => (name in substitutions ? String(placeholder(substitutions[name])) : whole));
    text = text.replaceAll("${AWS::Partition}", "aws");
    return { logicalId, text: pretty(text) };
  }
  return undefined;
}

export function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
