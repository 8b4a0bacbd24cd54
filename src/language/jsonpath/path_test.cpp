#include "language/jsonpath/path.h"

#include <gtest/gtest.h>

#include "language/json/parse.h"
#include "language/jsonpath/java_text.h"

namespace {

using json::Value;

Value parse(std::string_view text) { return *json::parse(text); }

// The result as JSON, or the fault's message.
std::string get(std::string_view document, std::string_view path) {
  const auto compiled = jsonpath::Path::compile(path);
  if (!compiled) return "invalid: " + compiled.error().message;
  const auto result = compiled->evaluate(parse(document));
  return result ? json::write(*result) : result.error().message;
}

std::string set(std::string_view document, std::string_view path, std::string_view value) {
  const auto result = jsonpath::Path::compile(path)->write(parse(document), parse(value));
  return result ? json::write(*result) : "nothing";
}

TEST(JsonPath, TellsWhereADefinitePathEnds) {
  EXPECT_EQ(get(R"({})", "$.gone"), "No results for path: $['gone']");
  EXPECT_EQ(get(R"({})", "$.gone.deeper"), "Missing property in path $['gone']");
  EXPECT_EQ(get(R"({"u":{}})", "$.u.v.w"), "Missing property in path $['u']['v']");
  EXPECT_EQ(get(R"({"u":[]})", "$.u[3].w"), "No results for path: $['u'][3]['w']");
  EXPECT_EQ(get(R"({"u":null})", "$.u[0]"), "The path $['u'] is null");
  EXPECT_EQ(get(R"({"u":{"k":[1]}})", "$.u[0]"),
            "Filter: [0] can only be applied to arrays. Current context is: {k=[1]}");
  EXPECT_TRUE(get(R"({"u":"text"})", "$.u.v")
                  .starts_with("Expected to find an object with property ['v'] in path $['u'] but found "
                               "'java.lang.String'."));
}

TEST(JsonPath, MarksPathsThatEndPastAnArray) {
  const auto fault = [](std::string_view document, std::string_view path) {
    return jsonpath::Path::compile(path)->evaluate(parse(document)).error();
  };
  EXPECT_TRUE(fault(R"({"u":[1]})", "$.u[1]").past_end);
  EXPECT_FALSE(fault(R"({"u":[1]})", "$.w").past_end);
  EXPECT_FALSE(fault(R"({"u":[[]]})", "$.u[0].x").past_end);
}

TEST(JsonPath, KnowsReferencePaths) {
  for (const char* path : {"$", "$.u", "$['u'][0].v", "$.u[-1]"}) EXPECT_TRUE(jsonpath::Path::compile(path)->reference());
  for (const char* path : {"$..u", "$.*", "$.u[0,1]", "$.u[0:1]", "$.u[?(@.v)]", "$['u','v']", "$.u.length()", "u", "@.u"}) {
    EXPECT_FALSE(jsonpath::Path::compile(path)->reference()) << path;
  }
}

TEST(JsonPath, WritesMakingMissingObjects) {
  EXPECT_EQ(set(R"({"u":1})", "$", "[2]"), "[2]");
  EXPECT_EQ(set(R"({"u":1})", "$.v.w", "2"), R"({"u":1,"v":{"w":2}})");
  EXPECT_EQ(set(R"({"u":[{"v":1},5]})", "$.u[0].v", "true"), R"({"u":[{"v":true},5]})");
  EXPECT_EQ(set(R"({"u":1})", "$.u.v", "2"), "nothing");
  EXPECT_EQ(set(R"({"u":[]})", "$.u[0]", "2"), "nothing");
  EXPECT_EQ(set(R"({"u":{}})", "$.u[0]", "2"), "nothing");
}

TEST(JsonPath, SlicesAsJayway) {
  constexpr std::string_view kDocument = "[10,11,12,13]";
  EXPECT_EQ(get(kDocument, "$[-3:]"), "[11,12,13]");
  EXPECT_EQ(get(kDocument, "$[-9:]"), "[10,11,12,13]");
  EXPECT_EQ(get(kDocument, "$[:-3]"), "[10]");
  EXPECT_EQ(get(kDocument, "$[-2:2]"), "[12,13,10,11]");  // each index by itself, the negative ones too
  EXPECT_EQ(get(kDocument, "$[0 , 3]"), "[10,13]");
  EXPECT_TRUE(get(kDocument, "$[0 :2]").starts_with("invalid"));
  EXPECT_TRUE(get(kDocument, "$[:]").starts_with("invalid"));
  EXPECT_TRUE(get(kDocument, "$[99999999999]").starts_with("invalid"));
}

TEST(JsonPath, FiltersCompareNumbersAndTexts) {
  constexpr std::string_view kDocument = R"([{"n":7},{"n":"7"},{"n":7.0},{"n":null},{"n":[7]},{"m":0}])";
  EXPECT_EQ(get(kDocument, "$[?(@.n == 7)]"), R"([{"n":7},{"n":"7"},{"n":7.0}])");
  EXPECT_EQ(get(kDocument, "$[?(@.n === 7)]"), R"([{"n":7},{"n":7.0}])");
  EXPECT_EQ(get(kDocument, "$[?(@.n < '8')]"), R"([{"n":"7"}])");
  EXPECT_EQ(get(kDocument, "$[?(@.n == [7])]"), R"([{"n":[7]}])");
  EXPECT_EQ(get(kDocument, "$[?([7] == @.n)]"), "[]");
  EXPECT_EQ(get(kDocument, "$[?(@.n == null)]"), R"([{"n":null}])");
  EXPECT_EQ(get(kDocument, "$[?(!(@.n))]"), R"([{"m":0}])");
  EXPECT_EQ(get(kDocument, "$[?(@.n contains 7)]"), R"([{"n":[7]}])");
  EXPECT_EQ(get("[9007199254740993,9007199254740992]", "$[?(@ == 9007199254740993)]"), "[9007199254740993]");
}

TEST(JsonPath, FiltersTestSets) {
  constexpr std::string_view kDocument = R"({"l":[["p"],["p","q"],["r"],[],"p"],"s":["p","q"]})";
  EXPECT_EQ(get(kDocument, "$.l[?(@ subsetof ['p','q'])]"), R"([["p"],["p","q"],[]])");
  EXPECT_EQ(get(kDocument, "$.l[?(@ anyof $.s)]"), R"([["p"],["p","q"]])");
  EXPECT_EQ(get(kDocument, "$.l[?(@ noneof ['p'])]"), R"([["r"],[]])");
  EXPECT_EQ(get(kDocument, "$.l[?(@ size 1)]"), R"([["p"],["r"],"p"])");
  EXPECT_EQ(get(kDocument, "$.l[?(@ empty true)]"), "[[]]");
  EXPECT_EQ(get(kDocument, "$.l[?(@ in $.s)]"), R"(["p"])");
  EXPECT_EQ(get(kDocument, "$.s[?(@ in $.l)]"), "Could not determine value type: java.util.ArrayList");
}

TEST(JsonPath, FiltersMatchWholeTexts) {
  constexpr std::string_view kDocument = R"(["abc","Abc","ab"])";
  EXPECT_EQ(get(kDocument, "$[?(@ =~ /abc?/)]"), R"(["abc","ab"])");
  EXPECT_EQ(get(kDocument, "$[?(@ =~ /a.c/i)]"), R"(["abc","Abc"])");
  EXPECT_EQ(get(kDocument, "$[?(@ =~ /b/)]"), "[]");
  EXPECT_TRUE(get(kDocument, "$[?(@ =~ /[/)]").starts_with("invalid"));
}

TEST(JsonPath, FiltersNest) {
  constexpr std::string_view kDocument = R"({"min":2,"g":[{"v":[{"n":1}]},{"v":[{"n":3},{"n":1}]}]})";
  EXPECT_EQ(get(kDocument, "$.g[?(@.v[?(@.n > $.min)].length() > 0)]"), "[]");
  EXPECT_EQ(get(kDocument, "$.g[?(@.v[1])].v[?(@.n>$.min)]"), R"([{"n":3}])");
  EXPECT_EQ(get(kDocument, "$.g[?(@.v.length() == 2 && (@.v[0].n == 3 || @.w))].v[0].n"), "[3]");
}

TEST(JsonPath, FunctionsCountAndAggregate) {
  constexpr std::string_view kDocument = R"({"l":[4,1,"x"],"o":{"p":1,"q":[2]},"e":[],"neg":[-3,-4]})";
  EXPECT_EQ(get(kDocument, "$.l.sum()"), "5.0");
  EXPECT_EQ(get(kDocument, "$.sum($.l, 10)"), "15.0");
  EXPECT_EQ(get(kDocument, "$.o.length()"), "2");
  EXPECT_EQ(get(kDocument, "$.length($.l)"), "3");
  EXPECT_EQ(get(kDocument, "$.e.sum()"), "Aggregation function attempted to calculate value using empty array");
  EXPECT_EQ(get(kDocument, "$.neg.max()"), "4.9E-324");  // Java's Double.MIN_VALUE
  EXPECT_EQ(get(kDocument, "$.l.concat(\"y\", $.o.q)"), "\"xy2\"");
  EXPECT_EQ(get(kDocument, "$.l.index(1)"), "1");
  EXPECT_EQ(get(kDocument, "$.l.append({\"k\": 1})"), R"([4,1,"x",{"k":1}])");
  EXPECT_EQ(get(kDocument, "$..q.length()"), "1");
  EXPECT_EQ(get(kDocument, "$.l.nothing()"), "Function with name: nothing does not exist.");
}

TEST(JsonPath, ScansInDocumentOrder) {
  constexpr std::string_view kDocument = R"({"r":{"k":1,"s":[{"k":2},{"t":{"k":3}}]},"k":4})";
  EXPECT_EQ(get(kDocument, "$..k"), "[4,1,2,3]");
  EXPECT_EQ(get(kDocument, "$..s[0].k"), "[2]");
  EXPECT_EQ(get(kDocument, "$..[0].k"), "[2]");
  EXPECT_EQ(get(kDocument, "$..['k','t']"), "[]");
}

TEST(JsonPath, EscapesAndQuotes) {
  EXPECT_EQ(get(R"({"it's":1,"a\"b":2,"é":3,"\\":4})", R"($['it\'s'])"), "1");
  EXPECT_EQ(get(R"({"it's":1,"a\"b":2})", R"($["a\"b"])"), "2");
  EXPECT_EQ(get(R"({"é":3})", R"($['\u00e9'])"), "3");
  EXPECT_EQ(get(R"({"😀":3})", R"($['\ud83d\ude00'])"), "3");
}

TEST(JsonPath, BoundsDepthAndWork) {
  std::string deep = "$";
  for (int i = 0; i < 5000; ++i) deep += ".x";
  EXPECT_FALSE(jsonpath::Path::compile(deep));
  std::string nested = "@.x";
  for (int i = 0; i < 100; ++i) nested = "@[?(" + nested + ")]";
  EXPECT_FALSE(jsonpath::Path::compile("$[?(" + nested + ")]"));
  std::string wide = "[";
  for (int i = 0; i < 200; ++i) wide += "1,";
  const Value document = parse(wide + "1]");
  const auto path = jsonpath::Path::compile("$[?($[?($[?($[*] == @)] == @)] == @)]");
  ASSERT_TRUE(path);
  EXPECT_TRUE(path->evaluate(document));  // `$` paths are looked up once
  const auto slow = jsonpath::Path::compile("$..[?(@..[?(@..[?(@..[?(@..*)])])])]");
  std::string tower = "1";
  for (int i = 0; i < 60; ++i) tower = R"({"x":)" + tower + R"(,"y":[1,2]})";
  const auto result = slow->evaluate(parse(tower));
  EXPECT_TRUE(result || result.error().kind == jsonpath::Fault::Kind::function);
}

TEST(JavaText, PrintsNumbersAsJava) {
  EXPECT_EQ(jsonpath::java_double_text(28), "28.0");
  EXPECT_EQ(jsonpath::java_double_text(0.001), "0.001");
  EXPECT_EQ(jsonpath::java_double_text(0.00015), "1.5E-4");
  EXPECT_EQ(jsonpath::java_double_text(12345678.5), "1.23456785E7");
  EXPECT_EQ(jsonpath::java_double_text(-0.25), "-0.25");
  EXPECT_EQ(jsonpath::java_decimal_text("1.0E10"), "1.0E+10");
  EXPECT_EQ(jsonpath::java_decimal_text("-007.50"), "-7.50");
  EXPECT_EQ(jsonpath::java_decimal_text("1.0E-5"), "0.000010");
  EXPECT_EQ(jsonpath::java_decimal_text("0.0000001"), "1E-7");
  EXPECT_FALSE(jsonpath::java_decimal_text("-"));
  EXPECT_FALSE(jsonpath::java_decimal_text("1.2.3"));
}

TEST(JavaText, OrdersAsUtf16) {
  EXPECT_LT(jsonpath::java_compare("a", "b"), 0);
  EXPECT_LT(jsonpath::java_compare("a", "ab"), 0);
  EXPECT_LT(jsonpath::java_compare("\U0001F600", "\uFB00"), 0);
  EXPECT_EQ(jsonpath::java_compare("é", "é"), 0);
}

TEST(JsonPathFilter, ASizeBeyondAllNumbersIsNone) {
  const json::Value document = *json::parse(R"({"a":[[1],[]]})");
  const auto path = jsonpath::Path::compile("$.a[?(@ size " + std::string(60, '5') + ")]");
  ASSERT_TRUE(path);
  EXPECT_EQ(path->evaluate(document).value_or(nullptr), json::Value::array());
}

}  // namespace
