#include "language/intrinsics/call.h"

#include <gtest/gtest.h>

#include "language/intrinsics/functions.h"
#include "language/json/parse.h"
#include "language/jsonpath/path.h"

namespace {

using intrinsics::Call;
using json::Value;

// Its value as JSON, or the fault's text, for calls over this input.
std::string run(std::string_view text, std::string_view input = "{}") {
  const auto call = Call::compile(text);
  if (!call) return "no call";
  const Value document = *json::parse(input);
  SeededRandom random(7);
  const auto resolve = [&](std::string_view path) -> std::expected<Value, std::string> {
    const auto compiled = jsonpath::Path::compile(path);
    if (!compiled) return std::unexpected(compiled.error().message);
    auto value = compiled->evaluate(document);
    if (!value) return std::unexpected(value.error().message);
    return *value;
  };
  const auto result = call->evaluate(resolve, [&] { return json::write(document); }, random);
  return result ? json::write(*result) : result.error().message;
}

std::string invalid(std::string_view text, std::string_view function) {
  return "There was an error while evaluating the intrinsic function: " + std::string(text) +
         ". Invalid arguments in States." + std::string(function);
}

TEST(Intrinsics, RefusesWhatIsNoCall) {
  for (const char* text :
       {"", "States.UUID", "States.UUID(", "States.UUID(,)", "States.UUID($", "States.Nope()", "states.uuid()",
        "UUID()", " States.UUID()", "States.UUID() x", "States.Array('a)", "States.Array('a',)", "States.Array(a)",
        R"(States.Array('\"'))", R"(States.Array("a"))", "States.Array([1])", "States.Array($.a[)", "States.Array(01)",
        "States. Array()", "States.Array(1 2)", "States.Array($.a])"}) {
    EXPECT_FALSE(Call::compile(text)) << text;
  }
}

TEST(Intrinsics, BoundsNesting) {
  std::string text = "1";
  for (int i = 0; i < 10; ++i) text = "States.Array(" + text + ")";
  EXPECT_TRUE(Call::compile(text));
  EXPECT_FALSE(Call::compile("States.Array(" + text + ")"));
}

TEST(Intrinsics, ListsItsPaths) {
  const auto call = Call::compile("States.Format('{}{}{}', $.a[?(@.b == 'x, y)')], States.Array($$.Task.Token), $v.w)");
  ASSERT_TRUE(call);
  EXPECT_EQ(call->paths(), (std::vector<std::string>{"$.a[?(@.b == 'x, y)')]", "$$.Task.Token", "$v.w"}));
  EXPECT_EQ(call->function(), "States.Format");
}

TEST(Intrinsics, ReadsLiterals) {
  EXPECT_EQ(run(R"(States.Array( 'it\'s', -1.50 ,true,null , '\\n', '{"a":\{\}}' ) )"),
            R"(["it's",-1.50,true,null,"\\n","{\"a\":{}}"])");
}

TEST(Intrinsics, NamesThePathThatLeadsNowhere) {
  const std::string_view text = "States.Array(States.ArrayLength($.u.v))";
  EXPECT_EQ(run(text, R"({"w": 1})"),
            "The function 'States.Array(States.ArrayLength($.u.v))' had the following error: The JsonPath argument "
            "for the field '$.u.v' could not be found in the input '{\"w\":1}'");
}

TEST(Intrinsics, NamesTheFunctionThatFailed) {
  const std::string_view text = "States.Array(States.ArrayLength('x'))";
  EXPECT_EQ(run(text), invalid(text, "ArrayLength"));
}

TEST(Intrinsics, Formats) {
  EXPECT_EQ(run("States.Format('{}-{}', $.n, $.o)", R"({"n":null,"o":{"p":[1,"q",{"r":true}],"s":1.5}})"),
            R"("null-{p=[1, q, {r=true}], s=1.5}")");
  EXPECT_EQ(run(R"(States.Format('\{\}{} it\'s \\', 1))"), R"("{}1 it's \\")");
  EXPECT_EQ(run("States.Format($.t, 1)", R"({"t":"<{}>"})"), R"("<1>")");
  for (const char* text : {"States.Format('{}')", "States.Format('', 1)", "States.Format(1)", "States.Format()"}) {
    EXPECT_EQ(run(text), invalid(text, "Format"));
  }
}

TEST(Intrinsics, ReadsAndWritesJson) {
  EXPECT_EQ(run("States.StringToJson('  ')"), "null");
  EXPECT_EQ(run("States.StringToJson('-0')"), "0");
  EXPECT_EQ(run(R"(States.JsonToString(States.StringToJson('{"k": [1, 2]}')))"), R"("{\"k\":[1,2]}")");
  EXPECT_EQ(run("States.StringToJson('{bad')"),
            "There was an error while evaluating the intrinsic function: States.StringToJson('{bad'). Cannot convert "
            "String to Json in States.StringToJson, caused by: Unexpected character ('b' (code 98)): was expecting "
            "double-quote to start field name\n at [Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` "
            "disabled); line: 1, column: 2]");
  EXPECT_EQ(run("States.StringToJson(7)"), invalid("States.StringToJson(7)", "StringToJson"));
}

TEST(Intrinsics, WorksOnArrays) {
  constexpr std::string_view kInput = R"({"l":[1,2,3,4,5],"m":[{"a":1,"b":2},{"b":2,"a":1},1,1.0,"1",true],"e":[]})";
  EXPECT_EQ(run("States.ArrayPartition($.l, 2.4)", kInput), "[[1,2],[3,4],[5]]");
  EXPECT_EQ(run("States.ArrayPartition($.e, 2)", kInput), "[]");
  EXPECT_EQ(run("States.ArrayPartition($.l, 0)", kInput), invalid("States.ArrayPartition($.l, 0)", "ArrayPartition"));
  EXPECT_EQ(run("States.ArrayContains($.m, 1.0)", kInput), "true");
  EXPECT_EQ(run("States.ArrayContains($.m, false)", kInput), "false");
  EXPECT_EQ(run("States.ArrayUnique($.m)", kInput), R"([{"a":1,"b":2},1,"1",true])");
  EXPECT_EQ(run("States.ArrayLength($.l)", kInput), "5");
  EXPECT_EQ(run("States.ArrayGetItem($.l, 4)", kInput), "5");
  for (const char* text : {"States.ArrayGetItem($.l, 5)", "States.ArrayGetItem($.l, -1)", "States.ArrayGetItem($.l, '0')"}) {
    EXPECT_EQ(run(text, kInput), invalid(text, "ArrayGetItem"));
  }
}

TEST(Intrinsics, CountsRanges) {
  EXPECT_EQ(run("States.ArrayRange(1.4, 6.5, 3)"), "[1,4,7]");
  EXPECT_EQ(run("States.ArrayRange(3, -3, -3)"), "[3,0,-3]");
  EXPECT_EQ(run("States.ArrayRange(1, 5, -1)"), "[]");
  EXPECT_EQ(run("States.ArrayRange(5, 5, -2)"), "[5]");
  EXPECT_EQ(run("States.ArrayLength(States.ArrayRange(1, 1000, 1))"), "1000");
  for (const char* text : {"States.ArrayRange(1, 5, 0.49)", "States.ArrayRange(0, 1000, 1)",
                           "States.ArrayRange(-9223372036854775807, 9223372036854775807, 1)"}) {
    EXPECT_EQ(run(text), invalid(text, "ArrayRange"));
  }
}

TEST(Intrinsics, EncodesAndHashes) {
  EXPECT_EQ(run("States.Base64Encode('data')"), R"("ZGF0YQ==")");
  EXPECT_EQ(run("States.Base64Decode('ZGF0YQ')"), R"("data")");
  EXPECT_EQ(run("States.Base64Decode('/w==')"), "\"\uFFFD\"");
  EXPECT_EQ(run("States.Base64Decode('*')"), invalid("States.Base64Decode('*')", "Base64Decode"));
  EXPECT_EQ(run("States.Hash('abc', 'MD5')"), R"("900150983cd24fb0d6963f7d28e17f72")");
  EXPECT_EQ(run("States.Hash($, 'SHA-1')", R"({"k": 1})"), run(R"(States.Hash('{"k":1}', 'SHA-1'))"));
  EXPECT_EQ(run("States.Hash('abc', 'sha-1')"), invalid("States.Hash('abc', 'sha-1')", "Hash"));
  const std::string fits = "States.Base64Encode('" + std::string(10'000, 'x') + "')";
  EXPECT_FALSE(run(fits).contains("Invalid"));
  const std::string large = "States.Base64Encode('" + std::string(10'001, 'x') + "')";
  EXPECT_EQ(run(large), invalid(large, "Base64Encode"));
}

TEST(Intrinsics, MergesInTheOrderOfAHashMap) {
  EXPECT_EQ(run("States.JsonMerge($.p, $.q, false)", R"({"p":{"z":1,"y":{"k":1},"x":2},"q":{"y":3,"w":4}})"),
            R"({"w":4,"x":2,"y":3,"z":1})");
  EXPECT_EQ(run("States.JsonMerge($, $, true)"), invalid("States.JsonMerge($, $, true)", "JsonMerge"));
}

TEST(Intrinsics, CountsAndDraws) {
  EXPECT_EQ(run("States.MathAdd(-1.5, 1.5)"), "1");
  EXPECT_EQ(run("States.MathAdd(0.1, 0.2)"), "0");
  EXPECT_EQ(run("States.MathAdd('1', 2)"), invalid("States.MathAdd('1', 2)", "MathAdd"));
  EXPECT_EQ(run("States.MathRandom(5, 6)"), "5");
  EXPECT_EQ(run("States.MathRandom(0, 999, 3)"), run("States.MathRandom(0, 999, 3)"));
  for (const char* text : {"States.MathRandom(1)", "States.MathRandom(1, 1)", "States.MathRandom(0, 9, null)",
                           "States.MathRandom(0, 9, 1, 1)"}) {
    EXPECT_EQ(run(text), invalid(text, "MathRandom"));
  }
}

TEST(Intrinsics, DrawsAsJavaDoes) {
  // new java.util.Random(42).nextInt(10), nextInt(16) and so on, and (nextLong() >>> 1) % bound.
  EXPECT_EQ(intrinsics::java_random(42, 10), 0);
  EXPECT_EQ(intrinsics::java_random(42, 16), 11);
  EXPECT_EQ(intrinsics::java_random(0, 100), 60);
  EXPECT_EQ(intrinsics::java_random(-1, 1'000'000), 549'913);
  EXPECT_EQ(intrinsics::java_random(5, 5'000'000'000), 3'827'390'892);
}

TEST(Intrinsics, SplitsAtEveryCharacter) {
  EXPECT_EQ(run("States.StringSplit('a,b;;c', ';,')"), R"(["a","b","c"])");
  EXPECT_EQ(run("States.StringSplit(',,', ',')"), "[]");
  EXPECT_EQ(run("States.StringSplit('aéb', 'é')"), R"(["a","b"])");
  EXPECT_EQ(run("States.StringSplit('ab', '')"), R"(["ab"])");
}

TEST(Intrinsics, MakesUuids) {
  EXPECT_EQ(run("States.UUID()").size(), 38U);
  EXPECT_EQ(run("States.UUID(1)"), invalid("States.UUID(1)", "UUID"));
}

}  // namespace
