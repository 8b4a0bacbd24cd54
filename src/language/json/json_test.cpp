#include <gtest/gtest.h>

#include <iterator>

#include "language/json/parse.h"

namespace {

std::string round_trip(std::string_view text) {
  auto value = json::parse(text);
  return value ? json::write(*value) : "error: " + value.error().message;
}

TEST(Json, KeepsNumbersAndOrder) {
  EXPECT_EQ(round_trip(R"( {"b":1.50,"a":[1e3,-0,123456789012345678901234567890]} )"),
            R"({"b":1.50,"a":[1e3,0,123456789012345678901234567890]})");  // -0 is 0, as on AWS
}

TEST(Json, WholeNumbersOfEveryLengthComeBack) {
  std::string digits;
  for (int i = 1; i <= 25; ++i) {
    digits.push_back(static_cast<char>('0' + i % 10));
    for (const std::string& number : {digits, "-" + digits, digits + ".5", digits + "e2"}) EXPECT_EQ(round_trip(number), number);
  }
  EXPECT_EQ(json::parse("999999999999999999")->as_int64(), 999'999'999'999'999'999);
  EXPECT_EQ(json::parse("-9223372036854775808")->as_int64(), INT64_MIN);
}

TEST(Json, TextsFullOfEscapesComeBack) {
  // Where one ends the next begins, and blocks are cut at every place.
  const std::string_view parts[] = {"\"", "\\", "\n", "x", "\x01", "\xed\xa0\x80", "é", "ab", "/"};
  uint64_t state = 1;
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (int i = 0; i < round; ++i) text += parts[((state = state * 6364136223846793005ULL + 1442695040888963407ULL) >> 33) % std::size(parts)];
    const json::Value value = json::object({{"a", text}, {text, "b"}});
    EXPECT_EQ(*json::parse(json::write(value)), value);
  }
}

TEST(Json, LaterMemberStandsAtTheEarlierPlace) {
  EXPECT_EQ(round_trip(R"({"a":1,"b":2,"a":3})"), R"({"a":3,"b":2})");
  std::string many = "{", expected = "{";
  for (int i = 0; i < 40; ++i) many += "\"k" + std::to_string(i % 20) + "\":" + std::to_string(i) + (i < 39 ? "," : "}");
  for (int i = 20; i < 40; ++i) expected += "\"k" + std::to_string(i % 20) + "\":" + std::to_string(i) + (i < 39 ? "," : "}");
  EXPECT_EQ(round_trip(many), expected);
  // Names that are alike in length and ends are still told apart.
  EXPECT_EQ(round_trip(R"({"aXbc":1,"aYbc":2,"aXbc":3,"":4,"":5,"a-longer-name-0-of-these":6,"a-longer-name-1-of-these":7})"),
            R"({"aXbc":3,"aYbc":2,"":5,"a-longer-name-0-of-these":6,"a-longer-name-1-of-these":7})");
}

TEST(Json, EscapesAndSurrogates) {
  EXPECT_EQ(round_trip(R"("\u00e9\n\u001f\ud83d\ude00\/")"), "\"\u00e9\\n\\u001F\U0001F600/\"");
  EXPECT_EQ(round_trip(R"("a\ud800b\udc00")"), R"("a\uD800b\uDC00")");
}

TEST(Json, WhatNeedsAnEscapeIsFoundAtEveryPlace) {
  // Strings are read and written in blocks: each special byte, at each place of blocks that are whole and that are not.
  for (const std::string_view special : {"\"", "\\", "\n", "\x1f", "\x7f", "é", "\xed\xa0\x80", "\xed\x9f\xbf"}) {
    for (size_t before = 0; before < 40; ++before) {
      for (const size_t behind : {0, 1, 7, 8, 700}) {
        const std::string text = std::string(before, 'a').append(special).append(behind, 'b');
        const std::string written = json::write(json::Value(text));
        EXPECT_EQ(json::parse(written)->as_string(), text) << written;
        EXPECT_EQ(json::written_size(json::Value(text)), written.size()) << written;
        const json::Value named = json::object({{text, 1}});
        EXPECT_EQ(json::write(named), "{" + written + ":1}");
        EXPECT_EQ(json::written_size(named), written.size() + 4);
        EXPECT_FALSE(json::parse(written.substr(0, written.size() - 1)));
      }
      EXPECT_FALSE(json::parse("\"" + std::string(before, 'a') + "\x1f\"")) << "a bare control character";
    }
  }
  EXPECT_EQ(json::write(json::Value(std::string(1000, '\x01'))).size(), 6002u);
}

TEST(Json, FaultsInJacksonsWords) {
  auto fault = json::parse_detailed("not json");
  ASSERT_FALSE(fault);
  EXPECT_EQ(fault.error().message,
            "Unrecognized token 'not': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')");
  EXPECT_EQ(fault.error().column, 4);
  EXPECT_EQ(json::parse("{'a':1}").error().message,
            "Unexpected character (''' (code 39)): was expecting double-quote to start field name");
  EXPECT_FALSE(json::parse("[1,]"));
  EXPECT_FALSE(json::parse("01"));
  EXPECT_FALSE(json::parse("{} {}"));
  EXPECT_FALSE(json::parse(std::string(2000, '[')));
}

TEST(Json, TextThatIsNoUtf8IsRefused) {
  EXPECT_EQ(json::parse("[\"a\xff\"]").error().message, "Invalid UTF-8 start byte 0xff");
  for (const char* text : {"\"\xed\xed\"", "\"\xc3\"", "\"\xe2\x82\"", "\"\xc0\x80\"", "\"\xf5\x80\x80\x80\"", "\"\x80\""}) EXPECT_FALSE(json::parse(text)) << text;
  EXPECT_EQ(json::write(*json::parse("[\"\xed\xa0\x80é\xef\xbf\xbd😀\"]")), "[\"\\uD800é\xef\xbf\xbd😀\"]") << "lone surrogates are kept";
}

TEST(Json, DoublesAsJavaScriptWritesThem) {
  EXPECT_EQ(json::write(json::Value(0.1)), "0.1");
  EXPECT_EQ(json::write(json::Value(1e21)), "1e+21");
  EXPECT_EQ(json::write(json::Value(1.5e-7)), "1.5e-7");
  EXPECT_EQ(json::write(json::Value(123456.0)), "123456");
  EXPECT_EQ(json::write(json::Value(-2.5)), "-2.5");
}

TEST(Json, EqualityIgnoresOrderAndSpelling) {
  EXPECT_EQ(*json::parse(R"({"a":1,"b":[1.0]})"), *json::parse(R"({"b":[1],"a":1.0})"));
  EXPECT_FALSE(*json::parse("[1]") == *json::parse("[\"1\"]"));
}

TEST(Json, ObjectsThatFollowEachOtherAreReadByThemselvesHoweverAlike) {
  // Each of them tells the parser which names are likely in the next.
  const std::string text = R"([{"id":1,"name":"a"},{"id":2,"name":"b"},{"id":3},{"name":"c","id":4},{"id":5,"names":"d"},{"id":6,"id":7,"name":"e"},{},)"
                           R"({"a name of more than fifteen":8},{"a name of more than fifteen":9},{"":10},{"":11,"":12}])";
  EXPECT_EQ(json::write(*json::parse(text)), R"([{"id":1,"name":"a"},{"id":2,"name":"b"},{"id":3},{"name":"c","id":4},{"id":5,"names":"d"},{"id":7,"name":"e"},{},)"
                                             R"({"a name of more than fifteen":8},{"a name of more than fifteen":9},{"":10},{"":12}])");
  EXPECT_EQ(json::write(*json::parse(R"([{"a\"b":1},{"a\"b":2},{"\u0061":3},{"a":4}])")), R"([{"a\"b":1},{"a\"b":2},{"a":3},{"a":4}])");
  EXPECT_FALSE(json::parse(R"([{"a\"b":1},{"a"b":2}])"));
  EXPECT_FALSE(json::parse(R"([{"ab":1},{"ab)"));
  EXPECT_FALSE(json::parse(R"([{"ab":1},{"ab")"));
}

TEST(Json, WhatFollowsAnObjectMayDifferFromItAtEveryPlace) {
  // The second object begins as the first and then goes on in another way; the text ends close behind it or far, cut at every place.
  const std::string_view first = R"({"id":7,"name":"item-7","a name of more than fifteen":-12})";
  const std::string_view values[] = {"0", "-1", "123456789012345678", "1234567890123456789", "1.5", "1e3", "true", "null", R"("")", R"("exactly 16 byte")",
                                     R"("a text of more than sixteen bytes")", R"("a\"b")", "[1,[2]]", R"({"x":{"y":1}})"};
  for (const std::string_view space : {"", " ", "\n\t "}) {
    for (const std::string_view value : values) {
      for (const std::string_view extra : {"", "id", "more"}) {
        for (size_t count = 0; count <= 3; ++count) {
          const std::string_view names[] = {"id", "name", "a name of more than fifteen"};
          std::string second = "{", expected = "{";
          for (size_t i = 0; i < count; ++i) {
            second.append(i > 0 ? "," : "").append(space).append("\"").append(names[i]).append("\":").append(space).append(value).append(space);
            if (!(i == 0 && extra == "id")) expected.append(expected.size() > 1 ? "," : "").append("\"").append(names[i]).append("\":").append(value);
            if (i == 0 && extra == "id") expected += R"("id":5)";
          }
          if (!extra.empty()) {
            second.append(count > 0 ? "," : "").append("\"").append(extra).append("\":5");
            if (extra != "id" || count == 0) expected.append(count > 0 ? "," : "").append("\"").append(extra).append("\":5");
          }
          second += "}", expected += "}";
          for (const size_t behind : {0, 100}) {
            const std::string text = "[" + std::string(first) + "," + second + std::string(behind, ' ') + "]" + std::string(behind, ' ');
            EXPECT_EQ(round_trip(text), "[" + std::string(first) + "," + expected + "]") << text;
          }
        }
      }
    }
  }
  const std::string whole = "[" + std::string(first) + "," + std::string(first) + "," + std::string(first) + "]";
  for (size_t size = 1; size < whole.size(); ++size) {
    EXPECT_FALSE(json::parse(whole.substr(0, size))) << size;
    EXPECT_FALSE(json::parse(whole.substr(0, size) + std::string(100, ' '))) << size;
  }
  for (const std::string_view wrong : {"01", "1x", "-", "1.", "tru", "\"\x01\"", ""}) {
    EXPECT_FALSE(json::parse(R"([{"a":1},{"a":)" + std::string(wrong) + "}" + "]" + std::string(100, ' '))) << wrong;
  }
}

TEST(Json, LongTextsGoOutAsTheyWouldIfTheyHadNotComeAsJson) {
  for (const std::string_view literal : {"", R"(\")", R"(\\)", R"(\n\t\b\f\r)", R"(\/)", R"(\u0041)", R"(\u0001)", R"(\u001f)", R"(\u001F)", "\x7f", "é", R"(\u00e9)",
                                         R"(\ud800)", "\xed\xa0\x80", R"(\ud83d\ude00)", "/"}) {
    for (const size_t size : {0, 100, 4000, 4095, 4096, 4097, 70000}) {
      for (const bool end : {false, true}) {
        std::string text = "\"" + std::string(size, 'x');
        text.insert(end ? text.size() : 1, literal);
        text += "\"";
        const json::Value read = *json::parse(text), made = json::Value(read.as_string());
        EXPECT_EQ(read, made);
        EXPECT_EQ(json::write(read), json::write(made)) << literal << " " << size;
        EXPECT_EQ(json::written_size(read), json::write(made).size()) << literal << " " << size;
        EXPECT_EQ(json::write(*json::parse("[" + text + "," + text + "]")), "[" + json::write(made) + "," + json::write(made) + "]");
      }
    }
  }
}

TEST(Json, ArraysAreTheSameHoweverTheyWereMade) {
  for (const size_t size : {0, 1, 31, 32, 33, 1000}) {
    std::vector<json::Value> items, copies;
    std::string text = "[";
    for (size_t i = 0; i < size; ++i) {
      items.emplace_back("item " + std::to_string(i));
      text.append(i > 0 ? "," : "").append("\"item ").append(std::to_string(i)).append("\"");
    }
    text += "]";
    copies = items;
    const json::Value of_vector = json::Value::array(std::move(items)), of_span = json::Value::array_of(copies), parsed = *json::parse(text);
    for (const json::Value& value : {of_vector, of_span, parsed}) {
      EXPECT_EQ(value.size(), size);
      EXPECT_EQ(json::write(value), text);
    }
  }
}

TEST(Json, NamesOfAnyLengthAreComparedAndKept) {
  for (size_t size = 0; size < 40; ++size) {
    const std::string text = std::string("abcdefghijklmnopqrstuvwxyz0123456789+-*/").substr(0, size);
    const json::Name name = text, same = std::string_view(text), copy = name;
    EXPECT_EQ(name.view(), text);
    EXPECT_EQ(name.size(), size);
    EXPECT_EQ(name.empty(), size == 0);
    EXPECT_TRUE(name == same && name == copy && name == text);
    for (size_t at = 0; at < size; ++at) {
      std::string other = text;
      other[at] = 'X';
      EXPECT_FALSE(name == json::Name(other)) << other;
      EXPECT_FALSE(name == other);
    }
    EXPECT_FALSE(name == json::Name(text + std::string(1, '\0'))) << "zeros count";
    json::Name moved = copy;
    const json::Name taken = std::move(moved);
    EXPECT_EQ(taken, name);
    moved = taken;
    EXPECT_EQ(moved, text);
  }
  EXPECT_LT(json::Name("a"), json::Name("b"));
}

TEST(Json, JavaHashOrder) {
  const std::vector<std::string> names = {"Bucket", "Key", "Body"};
  std::string shown;
  for (const size_t i : json::java_hash_order(names)) shown += names[i] + " ";
  EXPECT_EQ(shown, "Bucket Body Key ");
}

TEST(Json, BytesThatAreNoCharacterHideNoQuote) {
  // ED A0 begins a surrogate, and what follows is none: a quote, a line's end, another beginning.
  const auto around = [](const std::string& middle) { return std::string(40, 'a') + "\xed\xa0" + middle + std::string(40, 'b'); };
  EXPECT_EQ(json::write(json::Value(around("\""))), '"' + around("\\\"") + '"');
  EXPECT_EQ(json::write(json::Value(around("\n"))), '"' + around("\\n") + '"');
  EXPECT_EQ(json::write(json::Value(around("\xed\xa0\x80"))), '"' + around("\\uD800") + '"');
}

}  // namespace
