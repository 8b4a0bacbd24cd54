#include "services/states/map_runs/item_formats.h"

#include <gtest/gtest.h>

#include "language/json/parse.h"

namespace {

using json::Value;

std::string read(std::string_view bytes, std::string_view config, std::optional<int64_t> most = std::nullopt) {
  const auto parsed = states::reader_config(*json::parse(config), most);
  if (!parsed) return "config: " + parsed.error().cause;
  auto items = states::items_of(bytes, *parsed);
  return items ? json::write(Value::array(*std::move(items))) : "fault: " + items.error().cause;
}

TEST(ItemFormats, CsvWithHeadersFromTheFirstRow) {
  EXPECT_EQ(read("a,b\n1,2\r\n\"x,\"\"y\"\"\",z\n", R"({"InputType":"CSV","CSVHeaderLocation":"FIRST_ROW"})"),
            R"([{"a":"1","b":"2"},{"a":"x,\"y\"","b":"z"}])");
}

TEST(ItemFormats, RowsAreAsLongAsTheirHeaders) {
  const auto config = R"({"InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":["a","b"]})";
  EXPECT_EQ(read("1\n,,,\n   \n", config), R"([{"a":"1","b":""},{"a":"","b":""},{"a":"   ","b":""}])");
  EXPECT_EQ(read("", config), "[]");
}

TEST(ItemFormats, HeadersAreUnique) {
  EXPECT_EQ(read("1,2", R"({"InputType":"CSV","CSVHeaderLocation":"GIVEN","CSVHeaders":["a","a"]})"), "fault: CSV headers cannot contain duplicates.");
}

TEST(ItemFormats, DelimitersHaveNames) {
  EXPECT_EQ(read("a|b\n1|2", R"({"InputType":"CSV","CSVDelimiter":"PIPE","CSVHeaderLocation":"FIRST_ROW"})"), R"([{"a":"1","b":"2"}])");
}

TEST(ItemFormats, JsonIsAnArrayWhereThePointerLeads) {
  EXPECT_EQ(read("[1,{\"a\":2}]", R"({"InputType":"JSON"})"), R"([1,{"a":2}])");
  EXPECT_EQ(read(R"({"a/b":[{"c":[7,8,9]}]})", R"({"InputType":"JSON","ItemsPointer":"/a~1b/0/c"})", 2), "[7,8]");
  EXPECT_EQ(read(R"({"Hello":"world"})", R"({"InputType":"JSON"})"), "fault: Attempting to map over non-iterable node.");
}

TEST(ItemFormats, JsonLinesSkipEmptyOnes) {
  EXPECT_EQ(read("1\n\n{\"a\":1}\r\n", R"({"InputType":"JSONL"})"), R"([1,{"a":1}])");
  EXPECT_EQ(read("1\nx", R"({"InputType":"JSONL"})"), "fault: Line 2 of the object is not valid JSON.");
}

TEST(ItemFormats, ParquetIsRefused) { EXPECT_TRUE(read("", R"({"InputType":"PARQUET"})").starts_with("config: InputType PARQUET")); }

TEST(ItemFormats, ManifestsNameObjects) {
  const auto inventory = states::manifest_objects(R"({"destinationBucket":"arn:aws:s3:::lists","fileFormat":"CSV","fileSchema":"Bucket, Key","files":[{"key":"data/1.csv.gz"}]})", {}, "other");
  ASSERT_TRUE(inventory);
  ASSERT_EQ(inventory->size(), 1u);
  EXPECT_EQ((*inventory)[0].bucket, "lists");
  EXPECT_EQ((*inventory)[0].key, "data/1.csv.gz");
  const auto athena = states::manifest_objects("s3://b/k/1\n", {.athena = true}, "");
  ASSERT_TRUE(athena);
  EXPECT_EQ((*athena)[0].bucket + " " + (*athena)[0].key, "b k/1");
}

}  // namespace
