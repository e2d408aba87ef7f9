// The reader of JSON: what it takes, what it refuses, and what it makes of what the library says.
#include "check.hpp"

using userstatus::detail::json_depth_max;
using userstatus::detail::json_reader;
using kind = userstatus::detail::json::kind;

static std::string text(const char* json) {
    const auto value = json_reader::read(json);
    CHECK(value && value->is == kind::string);
    return value->string;
}

static bool is_json(const std::string& text) { return json_reader::read(text).has_value(); }

static std::string nested(int depth) {
    return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
}

static void texts() {
    CHECK(text(R"("")").empty());
    CHECK(text(R"("a\"\\\/\b\f\n\r\t")") == "a\"\\/\b\f\n\r\t");
    CHECK(text(R"("\u0041\u00e9\u4E2d")") == "A\xC3\xA9\xE4\xB8\xAD");
    CHECK(text(R"("\ud83d\ude00")") == "\xF0\x9F\x98\x80");
    CHECK(text(R"("\udbff\udfff")") == "\xF4\x8F\xBF\xBF");
    CHECK(text("\"\xF0\x9F\x98\x80\"") == "\xF0\x9F\x98\x80");
    CHECK(text(R"("\u0000")") == std::string(1, '\0'));
    for (const char* wrong : {R"("\ud83d")", R"("\ud83dx")", R"("\ud83d\u0041")", R"("\ude00")", R"("\u12g4")", R"("\u12")", R"("\x")", R"("\)",
                              R"("\u-123")", R"(")", "\"a\nb\""}) {
        CHECK(!is_json(wrong));
    }
}

static void numbers() {
    const auto integer = [](const char* json) { return json_reader::read(json)->integer; };
    CHECK(integer("0") == 0 && integer("-7") == -7 && integer("9223372036854775807") == INT64_MAX);
    for (const char* other : {"9223372036854775808", "1.5", "-0.1", "1e3", "2E-4", "2E+4"}) {
        CHECK(json_reader::read(other)->is == kind::other_number);
    }
    for (const char* wrong : {"01", "-", "+1", ".5", "1.", "1e", "1e+", "0x1", "NaN", "1 2"}) CHECK(!is_json(wrong));
}

static void forms() {
    for (const char* right : {"null", " true ", "false", "[]", "{}", "[1,[2],{\"a\":[]}]", "{ \"a\" : 1 , \"b\" : null }"}) CHECK(is_json(right));
    for (const char* wrong : {"", " ", "nul", "[1,]", "[,1]", "[1 2]", "{\"a\"}", "{\"a\":}", "{a:1}", "{\"a\":1,}", "[", "{", "[]]", "]"}) {
        CHECK(!is_json(wrong));
    }
    CHECK(is_json(nested(json_depth_max + 1)) && !is_json(nested(json_depth_max + 2)));
    CHECK(!is_json(std::string(1'000'000, '[')));
}

static void statuses() {
    using userstatus::detail::parse;
    const auto read = parse<userstatus::user_statuses>(
        R"([{"user_status_identifier":"bob","user_status_status_type":1,"user_status_custom_status":"\u4f60\u597d","new_key":{"x":[1.5]},)"
        R"("user_status_online_devices":["Linux","Web"]},{"user_status_identifier":"eve","user_status_status_type":9}])");
    CHECK(read && read->size() == 2);
    CHECK((*read)[0].user_id == "bob" && (*read)[0].status == userstatus::normal_status::online);
    CHECK((*read)[0].custom_status == "\xE4\xBD\xA0\xE5\xA5\xBD" && (*read)[0].online_devices.size() == 2);
    // One that this header does not know.
    CHECK((*read)[1].status == userstatus::normal_status::unknown && (*read)[1].custom_status.empty());
    for (const char* wrong : {"", "{}", "[1]", "[{}]", R"([{"user_status_identifier":1,"user_status_status_type":1}])",
                              R"([{"user_status_identifier":"bob","user_status_status_type":1,"user_status_online_devices":[1]}])"}) {
        CHECK(code_of(parse<userstatus::user_statuses>(wrong)) == US_ERR_INTERNAL);
    }
    CHECK(code_of(parse<userstatus::user_statuses>(nullptr)) == US_ERR_INTERNAL);
}

static void writing() {
    const std::string awkward("a\"\\\n\x01\x1F\0\xF0\x9F\x98\x80", 11);
    const auto back = json_reader::read(userstatus::detail::quoted(awkward));
    CHECK(back && back->string == awkward);
    CHECK(userstatus::detail::quoted(userstatus::user_ids{}) == "[]");
    CHECK(userstatus::detail::quoted(userstatus::user_ids{"a", "b\""}) == R"(["a","b\""])");
    CHECK(userstatus::detail::json_object().end() == "{}");
}

static void names() {
    CHECK(std::string((userstatus::error{6014, ""}).name()) == "US_CODE_NOT_LOGGED_IN");
    CHECK(std::string((userstatus::error{-4, ""}).name()) == "TIM_ERR_PARAM");
    CHECK(std::string((userstatus::error{4711, ""}).name()) == "UNKNOWN");
}

void json(const stage&) {
    texts();
    numbers();
    forms();
    statuses();
    writing();
    names();
}
