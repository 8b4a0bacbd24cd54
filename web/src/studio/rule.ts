// A Choice rule in JSONPath as a form's fields, where it is a single comparison.

export interface Comparison {
  variable: string;
  operator: string;
  value: string;
  not: boolean;
}

const orders = ["Equals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals"];
const ofKind = (kind: string, names: string[]) => names.flatMap((n) => [`${kind}${n}`, `${kind}${n}Path`]);
export const operators = [
  ...ofKind("String", orders), "StringMatches", ...ofKind("Numeric", orders), ...ofKind("Timestamp", orders), "BooleanEquals", "BooleanEqualsPath",
  "IsPresent", "IsNull", "IsString", "IsNumeric", "IsBoolean", "IsTimestamp",
];

const isTruth = (operator: string) => operator === "BooleanEquals" || operator.startsWith("Is");
const isNumber = (operator: string) => operator.startsWith("Numeric") && !operator.endsWith("Path");
const about = ["Next", "Comment", "Assign", "Output"];

/** Undefined for rules that are more than one comparison. */
export function comparisonOf(rule: Record<string, unknown>): Comparison | undefined {
  const not = rule.Not !== undefined;
  const inside = (not ? rule.Not : rule) as Record<string, unknown>;
  if (!inside || typeof inside !== "object") return undefined;
  const members = Object.keys(inside).filter((m) => not || !about.includes(m));
  if (not && Object.keys(rule).some((m) => m !== "Not" && !about.includes(m))) return undefined;
  const operator = members.find((m) => m !== "Variable");
  if (members.length === 0) return { variable: "", operator: "StringEquals", value: "", not };
  if (members.length > 2 || (operator !== undefined && !operators.includes(operator)) || (members.length === 2 && !members.includes("Variable"))) return undefined;
  return { variable: String(inside.Variable ?? ""), operator: operator ?? "StringEquals", value: operator === undefined ? "" : String(inside[operator]), not };
}

/** The rule with its comparison changed; what else it says stays. */
export function withComparison(rule: Record<string, unknown>, { variable, operator, value, not }: Comparison): Record<string, unknown> {
  const number = Number(value);
  const comparison = { Variable: variable, [operator]: isTruth(operator) ? value !== "false" : isNumber(operator) && value.trim() !== "" && Number.isFinite(number) ? number : value };
  const rest = Object.fromEntries(Object.entries(rule).filter(([m]) => about.includes(m)));
  return { ...(not ? { Not: comparison } : comparison), ...rest };
}

export const valueKind = (operator: string): "truth" | "number" | "path" | "text" => (isTruth(operator) ? "truth" : operator.endsWith("Path") ? "path" : isNumber(operator) ? "number" : "text");
