// SPDX-License-Identifier: LicenseRef-Project
#include "controlplane/hog/functions.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>
#include <unordered_map>
#include <vector>

namespace cp::hog {
namespace {

constexpr std::uint8_t kMany = 64;
constexpr bool kAggregate = true;
constexpr bool kParametric = true;

using enum ValueType;
using A = Arguments;
using F = Form;

// Same name on both sides; `result` says what comes back.
constexpr Function same(std::string_view name, std::uint8_t least, std::uint8_t most,
                        ValueType result, A arguments = A::as_written) {
  return Function{name, name, least, most, result, arguments};
}
constexpr Function special(std::string_view name, std::uint8_t least, std::uint8_t most,
                           ValueType result) {
  return Function{name, name, least, most, result, A::as_written, F::special};
}
constexpr Function cast(std::string_view name, std::string_view type, ValueType result) {
  return Function{name, type, 1, 1, result, A::as_written, F::cast};
}
constexpr Function aggregate(std::string_view name, std::uint8_t least, std::uint8_t most,
                             ValueType result, A arguments = A::as_written,
                             bool parametric = false) {
  return Function{name, name, least, most, result, arguments, F::plain, kAggregate, parametric};
}

constexpr auto kFunctions = std::to_array<Function>({
    // Aggregates.
    aggregate("count", 0, 1, number),
    aggregate("uniq", 1, kMany, number),
    aggregate("uniqExact", 1, kMany, number),
    aggregate("uniqHLL12", 1, kMany, number),
    aggregate("sum", 1, 1, number, A::numeric),
    aggregate("avg", 1, 1, number, A::numeric),
    aggregate("min", 1, 1, unknown),
    aggregate("max", 1, 1, unknown),
    aggregate("any", 1, 1, unknown),
    aggregate("anyLast", 1, 1, unknown),
    aggregate("argMin", 2, 2, unknown),
    aggregate("argMax", 2, 2, unknown),
    aggregate("median", 1, 1, number, A::numeric),
    aggregate("medianExact", 1, 1, number, A::numeric),
    aggregate("quantile", 1, 1, number, A::numeric, kParametric),
    aggregate("quantileExact", 1, 1, number, A::numeric, kParametric),
    aggregate("quantiles", 1, 1, unknown, A::numeric, kParametric),
    aggregate("stddevPop", 1, 1, number, A::numeric),
    aggregate("stddevSamp", 1, 1, number, A::numeric),
    aggregate("varPop", 1, 1, number, A::numeric),
    aggregate("varSamp", 1, 1, number, A::numeric),
    aggregate("corr", 2, 2, number, A::numeric),
    aggregate("covarPop", 2, 2, number, A::numeric),
    aggregate("covarSamp", 2, 2, number, A::numeric),
    aggregate("groupArray", 1, 1, unknown, A::as_written, kParametric),
    aggregate("groupUniqArray", 1, 1, unknown, A::as_written, kParametric),
    aggregate("topK", 1, 1, unknown, A::as_written, kParametric),
    aggregate("groupBitAnd", 1, 1, number),
    aggregate("groupBitOr", 1, 1, number),
    aggregate("groupBitXor", 1, 1, number),
    // Dates.
    same("toStartOfSecond", 1, 1, datetime, A::datetime),
    same("toStartOfMinute", 1, 1, datetime, A::datetime),
    same("toStartOfFiveMinutes", 1, 1, datetime, A::datetime),
    same("toStartOfTenMinutes", 1, 1, datetime, A::datetime),
    same("toStartOfFifteenMinutes", 1, 1, datetime, A::datetime),
    same("toStartOfHour", 1, 1, datetime, A::datetime),
    same("toStartOfDay", 1, 1, datetime, A::datetime),
    special("toStartOfWeek", 1, 2, date),
    same("toStartOfMonth", 1, 1, date, A::datetime),
    same("toStartOfQuarter", 1, 1, date, A::datetime),
    same("toStartOfYear", 1, 1, date, A::datetime),
    same("toStartOfInterval", 2, 2, datetime, A::datetime),
    same("toMonday", 1, 1, date, A::datetime),
    same("toYear", 1, 1, number, A::datetime),
    same("toQuarter", 1, 1, number, A::datetime),
    same("toMonth", 1, 1, number, A::datetime),
    same("toDayOfYear", 1, 1, number, A::datetime),
    same("toDayOfMonth", 1, 1, number, A::datetime),
    same("toDayOfWeek", 1, 2, number, A::datetime),
    same("toHour", 1, 1, number, A::datetime),
    same("toMinute", 1, 1, number, A::datetime),
    same("toSecond", 1, 1, number, A::datetime),
    same("toISOWeek", 1, 1, number, A::datetime),
    same("toISOYear", 1, 1, number, A::datetime),
    same("toYYYYMM", 1, 1, number, A::datetime),
    same("toYYYYMMDD", 1, 1, number, A::datetime),
    same("toUnixTimestamp", 1, 1, number, A::datetime),
    same("toUnixTimestamp64Milli", 1, 1, number, A::datetime),
    same("formatDateTime", 2, 2, text),
    special("dateDiff", 3, 3, number),
    special("date_diff", 3, 3, number),
    special("dateAdd", 2, 3, datetime),
    special("dateSub", 2, 3, datetime),
    special("dateTrunc", 2, 2, datetime),
    special("date_trunc", 2, 2, datetime),
    same("addSeconds", 2, 2, datetime, A::datetime),
    same("addMinutes", 2, 2, datetime, A::datetime),
    same("addHours", 2, 2, datetime, A::datetime),
    same("addDays", 2, 2, datetime, A::datetime),
    same("addWeeks", 2, 2, datetime, A::datetime),
    same("addMonths", 2, 2, datetime, A::datetime),
    same("addYears", 2, 2, datetime, A::datetime),
    same("subtractSeconds", 2, 2, datetime, A::datetime),
    same("subtractMinutes", 2, 2, datetime, A::datetime),
    same("subtractHours", 2, 2, datetime, A::datetime),
    same("subtractDays", 2, 2, datetime, A::datetime),
    same("subtractWeeks", 2, 2, datetime, A::datetime),
    same("subtractMonths", 2, 2, datetime, A::datetime),
    same("subtractYears", 2, 2, datetime, A::datetime),
    same("toIntervalSecond", 1, 1, interval),
    same("toIntervalMinute", 1, 1, interval),
    same("toIntervalHour", 1, 1, interval),
    same("toIntervalDay", 1, 1, interval),
    same("toIntervalWeek", 1, 1, interval),
    same("toIntervalMonth", 1, 1, interval),
    same("toIntervalQuarter", 1, 1, interval),
    same("toIntervalYear", 1, 1, interval),
    special("now", 0, 0, datetime),
    special("today", 0, 0, date),
    special("yesterday", 0, 0, date),
    special("toDate", 1, 1, date),
    special("toDateTime", 1, 2, datetime),
    special("toTimeZone", 2, 2, datetime),
    // Casts.
    same("toString", 1, 1, text),
    cast("toInt", "Int64", number),
    cast("toFloat", "Float64", number),
    cast("toBool", "Bool", boolean),
    cast("toUUID", "UUID", uuid),
    cast("toIntOrNull", "Int64", number),
    cast("toFloatOrNull", "Float64", number),
    special("toIntOrZero", 1, 1, number),
    special("toFloatOrZero", 1, 1, number),
    special("toFloatOrDefault", 2, 2, number),
    // Conditions and NULL.
    same("if", 3, 3, unknown),
    same("multiIf", 3, kMany, unknown),
    same("coalesce", 1, kMany, unknown),
    same("ifNull", 2, 2, unknown),
    same("nullIf", 2, 2, unknown),
    same("isNull", 1, 1, boolean),
    same("isNotNull", 1, 1, boolean),
    same("assumeNotNull", 1, 1, unknown),
    same("toNullable", 1, 1, unknown),
    same("greatest", 1, kMany, unknown, A::numeric),
    same("least", 1, kMany, unknown, A::numeric),
    special("and", 2, kMany, boolean),
    special("or", 2, kMany, boolean),
    special("not", 1, 1, boolean),
    special("equals", 2, 2, boolean),
    special("notEquals", 2, 2, boolean),
    special("less", 2, 2, boolean),
    special("greater", 2, 2, boolean),
    special("lessOrEquals", 2, 2, boolean),
    special("greaterOrEquals", 2, 2, boolean),
    special("like", 2, 2, boolean),
    special("ilike", 2, 2, boolean),
    special("notLike", 2, 2, boolean),
    special("notILike", 2, 2, boolean),
    special("in", 2, 2, boolean),
    special("notIn", 2, 2, boolean),
    // Arithmetic.
    same("plus", 2, 2, number, A::numeric),
    same("minus", 2, 2, number, A::numeric),
    same("multiply", 2, 2, number, A::numeric),
    same("divide", 2, 2, number, A::numeric),
    same("intDiv", 2, 2, number, A::numeric),
    same("modulo", 2, 2, number, A::numeric),
    same("negate", 1, 1, number, A::numeric),
    same("abs", 1, 1, number, A::numeric),
    same("sign", 1, 1, number, A::numeric),
    same("round", 1, 2, number, A::numeric),
    same("floor", 1, 2, number, A::numeric),
    same("ceil", 1, 2, number, A::numeric),
    same("trunc", 1, 2, number, A::numeric),
    same("sqrt", 1, 1, number, A::numeric),
    same("exp", 1, 1, number, A::numeric),
    same("log", 1, 1, number, A::numeric),
    same("log2", 1, 1, number, A::numeric),
    same("log10", 1, 1, number, A::numeric),
    same("pow", 2, 2, number, A::numeric),
    // Strings.
    special("concat", 1, kMany, text),
    same("length", 1, 1, number),
    same("lengthUTF8", 1, 1, number),
    same("empty", 1, 1, boolean),
    same("notEmpty", 1, 1, boolean),
    same("lower", 1, 1, text),
    same("upper", 1, 1, text),
    same("lowerUTF8", 1, 1, text),
    same("upperUTF8", 1, 1, text),
    same("reverse", 1, 1, text),
    same("trim", 1, 1, text),
    same("trimLeft", 1, 1, text),
    same("trimRight", 1, 1, text),
    same("substring", 2, 3, text),
    same("substringUTF8", 2, 3, text),
    same("leftPad", 2, 3, text),
    same("rightPad", 2, 3, text),
    same("startsWith", 2, 2, boolean),
    same("endsWith", 2, 2, boolean),
    same("position", 2, 2, number),
    same("positionCaseInsensitive", 2, 2, number),
    same("positionUTF8", 2, 2, number),
    same("match", 2, 2, boolean),
    same("extract", 2, 2, text),
    same("extractAll", 2, 2, unknown),
    same("replace", 3, 3, text),
    same("replaceAll", 3, 3, text),
    same("replaceOne", 3, 3, text),
    same("replaceRegexpAll", 3, 3, text),
    same("replaceRegexpOne", 3, 3, text),
    same("splitByChar", 2, 2, unknown),
    same("splitByString", 2, 2, unknown),
    same("domain", 1, 1, text),
    same("domainWithoutWWW", 1, 1, text),
    same("path", 1, 1, text),
    same("protocol", 1, 1, text),
    same("cutQueryString", 1, 1, text),
    same("extractURLParameter", 2, 2, text),
    same("decodeURLComponent", 1, 1, text),
    same("cityHash64", 1, kMany, number),
    // JSON.
    same("JSONExtractString", 2, kMany, text),
    same("JSONExtractRaw", 1, kMany, text),
    same("JSONExtractInt", 2, kMany, number),
    same("JSONExtractUInt", 2, kMany, number),
    same("JSONExtractFloat", 2, kMany, number),
    same("JSONExtractBool", 2, kMany, boolean),
    same("JSONExtractArrayRaw", 1, kMany, unknown),
    same("JSONExtractKeys", 1, kMany, unknown),
    same("JSONExtractKeysAndValuesRaw", 1, kMany, unknown),
    same("JSONHas", 2, kMany, boolean),
    same("JSONLength", 1, kMany, number),
    same("JSONType", 1, kMany, text),
    // Arrays and tuples.
    same("array", 0, kMany, unknown),
    same("tuple", 1, kMany, unknown),
    same("arrayElement", 2, 2, unknown),
    same("tupleElement", 2, 2, unknown),
    same("has", 2, 2, boolean),
    same("indexOf", 2, 2, number),
    same("arrayDistinct", 1, 1, unknown),
    same("arraySort", 1, 1, unknown),
    same("arrayReverse", 1, 1, unknown),
    same("arraySlice", 2, 3, unknown),
    same("arrayConcat", 1, kMany, unknown),
    same("arrayStringConcat", 1, 2, text),
    same("arraySum", 1, 1, number),
    same("arrayUniq", 1, kMany, number),
});

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](char byte) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
  });
  return out;
}

// Both tables are built once, on first use, and never change.
struct Index {
  std::unordered_map<std::string, const Function*> exact;
  std::unordered_map<std::string, const Function*> any_case;
  std::vector<Function> conditional;           // count -> countIf
  std::vector<std::string> conditional_names;  // what their views point to

  Index() {
    conditional.reserve(kFunctions.size());
    conditional_names.reserve(kFunctions.size());
    for (const Function& function : kFunctions) {
      add(function);
    }
    for (const Function& function : kFunctions) {
      if (!function.is_aggregate) {
        continue;
      }
      conditional_names.push_back(std::string(function.name) + "If");
      Function with_condition = function;
      with_condition.name = conditional_names.back();
      with_condition.clickhouse = conditional_names.back();
      ++with_condition.arguments_min;
      ++with_condition.arguments_max;
      conditional.push_back(with_condition);
      add(conditional.back());
    }
  }

  void add(const Function& function) {
    exact.emplace(function.name, &function);
    any_case.emplace(lower(function.name), &function);
  }
};

const Index& index() {
  static const Index instance;
  return instance;
}

}  // namespace

const Function* find_function(std::string_view name) {
  const Index& functions = index();
  if (const auto found = functions.exact.find(std::string(name)); found != functions.exact.end()) {
    return found->second;
  }
  const auto found = functions.any_case.find(lower(name));
  return found == functions.any_case.end() ? nullptr : found->second;
}

bool is_conditional_aggregate(std::string_view name) {
  const Function* function = find_function(name);
  return function != nullptr && function->is_aggregate && function->name.ends_with("If");
}

}  // namespace cp::hog
