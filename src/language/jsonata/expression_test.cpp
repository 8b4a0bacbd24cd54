#include "language/jsonata/expression.h"

#include <gtest/gtest.h>

#include <thread>

#include "language/json/parse.h"

namespace jsonata {
namespace {

struct Told {
  std::string text;
  Fault fault;
};

// However slow the machine: time is a limit only where a test sets one.
constexpr Limits kPatient{.timeout_ms = 600'000};

// The result as JSON, "undefined", or "CODE@position token: message".
Told tell(std::string_view text, std::string_view input = "", Limits limits = kPatient, bool step_functions = true,
          const std::vector<std::pair<std::string, json::Value>>& bindings = {}) {
  const auto fault = [](const Fault& f) { return Told{f.code + "@" + std::to_string(f.position) + " " + f.token + ": " + f.message, f}; };
  auto expression = Expression::compile(text);
  if (!expression) return fault(expression.error());
  Environment environment;
  environment.now = {1'510'067'557'121};
  environment.limits = limits;
  environment.step_functions = step_functions;
  std::optional<json::Value> value;
  if (!input.empty()) value = *json::parse(input);
  auto result = expression->evaluate(value, bindings, environment);
  if (!result) return fault(result.error());
  return {*result ? json::write(**result) : "undefined", {}};
}

std::string text(std::string_view expression, std::string_view input = "") { return tell(expression, input).text; }

TEST(Expression, SequencesOfOneAreTheirElementAndOfNoneNothing) {
  EXPECT_EQ(text("a.b", R"({"a":[{"b":1},{"c":2}]})"), "1");
  EXPECT_EQ(text("a.b[]", R"({"a":[{"b":1},{"c":2}]})"), "[1]");
  EXPECT_EQ(text("a.x", R"({"a":[{"b":1},{"c":2}]})"), "undefined");
  EXPECT_EQ(text("a.b", R"({"a":{"b":[7]}})"), "[7]");
  EXPECT_EQ(text("$", R"([1])"), "[1]");
  EXPECT_EQ(text("$[0]", R"([[1]])"), "[1]");
}

TEST(Expression, PlacesThatHangOnNothingPickLikeAnyOthers) {
  const std::string_view letters = R"({"x":["a","b","c","d"],"one":7})";
  for (const auto& [places, expected] : {std::pair{"[2,0,2,-1,9]", R"(["a","c","c","d"])"}, {"[1..2]", R"(["b","c"])"}, {"1+1", "\"c\""}, {"1.9", "\"b\""},
                                         {"[]", "undefined"}, {"[7..9]", "undefined"}, {"\"\"", "undefined"}, {"1=1", R"(["a","b","c","d"])"}, {"[0,\"\"]", "undefined"}}) {
    EXPECT_EQ(text(std::string("x[") + places + "]", letters), expected) << places;
    // The same, of what does hang on the element.
    if (std::string_view(places).starts_with("[")) EXPECT_EQ(text(std::string("x[($; ") + places + ")]", letters), expected) << places;
  }
  EXPECT_EQ(text("one[[0,0]]", letters), "[7,7]");
  EXPECT_EQ(text("x[1/0]", letters).substr(0, 5), "D1001");
}

TEST(Expression, NamesInARowLeadThroughObjectsAndArrays) {
  const std::string_view data = R"({"a":{"b":{"c":1,"e":"","n":null,"l":[{"c":2},{"c":[3,4]}],"z":[]}}})";
  EXPECT_EQ(text("a.b.c", data), "1");
  EXPECT_EQ(text("a.b.l.c", data), "[2,3,4]");
  EXPECT_EQ(text("a.b.l", data), R"([{"c":2},{"c":[3,4]}])");
  EXPECT_EQ(text("a.b.z", data), "[]");
  EXPECT_EQ(text("a.b.e.c", data), "undefined");
  EXPECT_EQ(text("a.b.n", data), "null");
  EXPECT_EQ(text("a.b.n.c", data), "undefined");
  EXPECT_EQ(text("a.x.c", data), "undefined");
}

TEST(Expression, ObjectsOfLiteralNames) {
  EXPECT_EQ(text("a.{'y': b, 'x': 1, 'gone': nothing}", R"({"a":[{"b":1},{"b":[2]}]})"), R"([{"y":1,"x":1},{"y":[2],"x":1}])");
  EXPECT_EQ(text("{'b': 1, '10': 2, '9': 3}"), R"({"9":3,"10":2,"b":1})");
  EXPECT_EQ(text("{'b': 1, 'b': 2}").substr(0, 5), "D1009");
  EXPECT_EQ(text("a{'b': $sum(b)}", R"({"a":[{"b":1},{"b":2}]})"), R"({"b":3})");
}

TEST(Expression, ErrorsAreWordedAsTheReferenceWordsThem) {
  EXPECT_EQ(text("\"a\"+1"), "T2001@4 +: The left side of the \"+\" operator must evaluate to a number");
  EXPECT_EQ(text("$sum(\"a\")"), "T0412@5 sum: Argument 1 of function \"sum\" must be an array of \"numbers\"");
  EXPECT_EQ(text("$sum(1,2,3)"), "T0410@5 sum: Argument 2 of function \"sum\" does not match function signature");
  EXPECT_EQ(text("sum(1)"), "T1005@4 sum: Attempted to invoke a non-function. Did you mean $sum?");
  EXPECT_EQ(text("$foo(1)"), "T1006@5 foo: Attempted to invoke a non-function");
  EXPECT_EQ(text("\"a\" < 1"), "T2009@5 <: The values \"a\" and 1 either side of operator \"<\" must be of the same data type");
  EXPECT_EQ(text("$error(\"x {{value}}\")"), "D3137@7 error: x {{value}}");
  EXPECT_EQ(text("$power(10,1000)"),
            "D3061@7 power: The power function has resulted in a value that cannot be represented as a JSON number: base=10, exponent=1000");
  EXPECT_EQ(text("function($x)<s:n>{$x}(3)"), "T0410@22 : Argument 1 of function undefined does not match function signature");
  EXPECT_EQ(text("$eval(\"1\")"), "T1006@6 eval: Attempted to invoke a non-function");
}

TEST(Expression, SyntaxErrorsTellWhere) {
  EXPECT_EQ(text("1 2"), "S0201@3 2: Syntax error: 2");
  EXPECT_EQ(text("[1,2"), "S0203@4 (end): Expected \"]\" before end of expression");
  EXPECT_EQ(text("(/ab/)"), "S0211@2 /: The symbol \"/\" cannot be used as a unary operator");
  EXPECT_EQ(text("a ! b"), "S0204@3 !: Unknown operator: \"!\"");
  EXPECT_EQ(text("a.5"), "S0213@3 : The literal value 5 cannot be used as a step within a path expression");
  EXPECT_EQ(text("1e999"), "S0102@0 1e999: Number out of range: \"1e999\"");
  EXPECT_EQ(text("a ?: b"), "S0211@4 :: The symbol \":\" cannot be used as a unary operator");
  EXPECT_EQ(text("\"\xF0\x9F\x98\x80\" 2").substr(0, 7), "S0201@6") << "places are UTF-16 units";
  EXPECT_EQ(text("%").substr(0, 5), "S0217");
  EXPECT_EQ(text("").substr(0, 5), "S0207");
}

TEST(Expression, TailCallsTakeNoStack) {
  EXPECT_EQ(text("($f := function($n){ $n = 0 ? \"done\" : $f($n - 1) }; $f(100000))"), "\"done\"");
}

TEST(Expression, DeepRecursionEndsInAnError) {
  EXPECT_EQ(tell("($f := function($n){ 1 + $f($n + 1) }; $f(0))").fault.code, "U1001");
  Limits deep = kPatient;
  deep.depth = UINT32_MAX;
  EXPECT_EQ(tell("($f := function($n){ 1 + $f($n + 1) }; $f(0))", "", deep).fault.code, "U1001") << "the stack itself is a limit";
  std::string nested;
  for (int i = 0; i < 100'000; ++i) nested += "[";
  EXPECT_EQ(tell(nested).fault.code, "U1001");
  std::string sum = "1";
  for (int i = 0; i < 100'000; ++i) sum += "+1";
  EXPECT_EQ(tell(sum).fault.code, "U1001");
}

TEST(Expression, EndlessLoopsEndInTime) {
  Limits limits;
  limits.timeout_ms = 50;
  limits.memory_bytes = 1u << 30;
  const Told told = tell("($f := function(){ $f() }; $f())", "", limits);
  EXPECT_EQ(told.fault.code, "U1001");
  limits.steps = 1'000;
  limits.timeout_ms = 60'000;
  EXPECT_EQ(tell("$map([1..100000], function($i){ $i + 1 })", "", limits).fault.message, "Expression evaluation timeout: Check for infinite loop");
}

TEST(Expression, MemoryIsBounded) {
  Limits limits = kPatient;
  limits.memory_bytes = 1u << 20;
  const std::string full = "Expression evaluation memory limit exceeded: Check for excessive memory usage";
  EXPECT_EQ(tell("[1..1000000]", "", limits).fault.message, full);
  EXPECT_EQ(tell("$pad(\"x\", 100000000)", "", limits).fault.message, full);
  // Each is the one before it twice: nothing to hold, much to write.
  EXPECT_EQ(tell("($d := function($x, $n){ $n = 0 ? $x : $d([[$x], [$x]], $n - 1) }; $d([1], 40))", "", limits).fault.message, full);
  EXPECT_EQ(tell("($d := function($x, $n){ $n = 0 ? $x : $d([[$x], [$x]], $n - 1) }; $string($d([1], 40)))", "", limits).fault.message, full);
}

TEST(Expression, RegularExpressionsAreBounded) {
  EXPECT_EQ(tell("$match(\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\", /^(a+)+$/)").fault.code, "U1001");
}

TEST(Expression, RegularExpressionsAreJavaScripts) {
  EXPECT_EQ(text(R"($match("a1b22", /[a-z](\d+)/).groups)"), R"(["1","22"])");
  EXPECT_EQ(text(R"($contains("x\n", /x$/))"), "false");
  EXPECT_EQ(text(R"($contains("a.b", /a[^]b/))"), "true");
  EXPECT_EQ(text(R"($contains("\u00a0", /^\s$/))"), "true");
  EXPECT_EQ(text(R"($replace("John Smith", /(\w+)\s(\w+)/, "$2, $1"))"), R"("Smith, John")");
  EXPECT_EQ(tell(R"($contains("a", /a++/))").fault.code, "S0302");
  EXPECT_EQ(tell(R"($contains("a", /(?i)a/))").fault.code, "S0302");
  EXPECT_EQ(text("$match(\"\xF0\x9F\x98\x80x\", /x/).index"), "2") << "places are UTF-16 units";
}

TEST(Expression, LoneSurrogatesSurviveAndMeet) {
  EXPECT_EQ(text(R"("\ud83d" & "\ude00")"), "\"\xF0\x9F\x98\x80\"");
  EXPECT_EQ(text(R"($length("\ud83d"))"), "1");
  EXPECT_EQ(text("$split(\"\xF0\x9F\x98\x80\", \"\")"), R"(["\uD83D","\uDE00"])");
  EXPECT_EQ(text("$join($split(\"\xF0\x9F\x98\x80\", \"\"))"), "\"\xF0\x9F\x98\x80\"");
  EXPECT_EQ(tell(R"($encodeUrl("\ud800"))").fault.message, R"(Malformed URL passed to $encodeUrl(): "\ud800")");
}

TEST(Expression, NumbersAreWrittenTo15Digits) {
  EXPECT_EQ(text("$string(0.1 + 0.2)"), "\"0.3\"");
  EXPECT_EQ(text("$string(1e21)"), "\"1e+21\"");
  EXPECT_EQ(text("$string(1/3)"), "\"0.333333333333333\"");
  EXPECT_EQ(text("$string(22/7)"), "\"3.14285714285714\"");
  EXPECT_EQ(text("0.1 + 0.2"), "0.30000000000000004");
}

TEST(Expression, WholeNumbersOf64BitsPassThrough) {
  EXPECT_EQ(text("id", R"({"id":1234567890123456789})"), "1234567890123456789");
  EXPECT_EQ(text("{\"x\": id}", R"({"id":1234567890123456789})"), R"({"x":1234567890123456789})");
}

TEST(Expression, TupleStreamsBindFocusIndexAndParent) {
  const std::string_view input = R"({"o":[{"id":1,"l":[{"p":2},{"p":3}]},{"id":2,"l":[{"p":5}]}]})";
  EXPECT_EQ(text("o.l.{\"o\": %.id, \"p\": p}", input), R"([{"o":1,"p":2},{"o":1,"p":3},{"o":2,"p":5}])");
  EXPECT_EQ(text("o@$x.l#$i.($x.id & \"-\" & $i)", input), "undefined");
  EXPECT_EQ(text("o@$x.$x.l#$i.($x.id & \"-\" & $i)", input), R"(["1-0","1-1","2-0"])");
  EXPECT_EQ(text("o.l^(>p).p", input), "[5,3,2]");
  EXPECT_EQ(text("%.id", input).substr(0, 5), "S0217");
}

TEST(Expression, TransformsLeaveTheirInputAlone) {
  EXPECT_EQ(text("[$ ~> |a|{\"b\": b + 1}, \"c\"|, $]", R"({"a":{"b":1,"c":2}})"), R"([{"a":{"b":2}},{"a":{"b":1,"c":2}}])");
}

TEST(Expression, StepFunctionsOwnFunctions) {
  EXPECT_EQ(text("$partition([1,2,3,4,5], 2)"), "[[1,2],[3,4],[5]]");
  EXPECT_EQ(text("$range(1.4, 5.6, 2.2)"), "[1,3,5]");
  EXPECT_EQ(text("$range(0, 10)"), "undefined");
  EXPECT_EQ(text("$partition([1], 0)"), "undefined");
  EXPECT_EQ(text("$partition(null, 2)"), "T0410@11 partition: Argument 1 of function \"partition\" does not match function signature");
  EXPECT_EQ(text("$hash(\"a\", \"MD5\")"), "\"0cc175b9c0f1b6a831c399e269772661\"");
  EXPECT_EQ(text("$random(7) = $random(7)"), "true");
  EXPECT_EQ(text("$length($uuid())"), "36");
  EXPECT_EQ(text("$parse(\"{\\\"a\\\":[1]}\").a"), "[1]");
  EXPECT_EQ(tell("$uuid()", "", {}, false).fault.code, "T1006");
}

TEST(Expression, InfinityIsNullOrAString) {
  EXPECT_EQ(text("[1/0]"), "[null]");
  Environment environment;
  environment.quote_infinity = true;
  EXPECT_EQ(json::write(**Expression::compile("[-1/0]")->evaluate(std::nullopt, {}, environment)), "[\"-Infinity\"]");
}

TEST(Expression, AResultThatIsAFunctionIsToldApart) {
  EXPECT_TRUE(tell("$sum").fault.unsupported);
  EXPECT_TRUE(tell("[function(){1}]").fault.unsupported);
}

TEST(Expression, TimesByPicture) {
  EXPECT_EQ(text("$now()"), "\"2017-11-07T15:12:37.121Z\"");
  EXPECT_EQ(text("$fromMillis(1510067557121, \"[D1o] [MNn] [Y0001] at [h]:[m01][P] [z]\", \"-0500\")"), "\"7th November 2017 at 10:12am GMT-05:00\"");
  EXPECT_EQ(text("$toMillis(\"2017-11-07T15:07:54.972Z\")"), "1510067274972");
  EXPECT_EQ(text("$toMillis(\"7 Nov 2017\", \"[D] [MNn,3-3] [Y]\")"), "1510012800000");
  EXPECT_EQ(text("$toMillis(\"x\")"), "D3110@10 toMillis: The argument of the toMillis function must be an ISO 8601 formatted timestamp. Given \"x\"");
}

TEST(Expression, VariablesAndTopLevelReferencesAreTold) {
  const auto of = [](std::string_view expression) { return *Expression::compile(expression); };
  EXPECT_EQ(of("$a + $states.input.b + ($c := 1; $c) + $sum($d)").variables(), (std::vector<std::string>{"a", "d", "states"}));
  EXPECT_EQ(of("$x.a + b.c + $ + $map($x, function($v){ $v.d })").top_level_references(), (std::vector<std::string>{"b", "$"}));
  EXPECT_TRUE(of("$x[a = 1].($.b & c)").top_level_references().empty());
}

TEST(Expression, IsSharedByThreads) {
  const auto expression = Expression::compile("$sum(items[price > 1].(price * 2))");
  ASSERT_TRUE(expression);
  const json::Value input = *json::parse(R"({"items":[{"price":1},{"price":2},{"price":3}]})");
  std::vector<std::jthread> threads;
  std::atomic<int> right = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 200; ++k) right += *expression->evaluate(input, {}, {}) == std::optional<json::Value>(10);
    });
  }
  threads.clear();
  EXPECT_EQ(right, 800);
}

}  // namespace
}  // namespace jsonata
