#include "report/html/cause_groups.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "base/outcome_words.h"
#include "base/text.h"
#include "report/run_outcomes.h"

namespace testloom {

namespace {

// The end of a text, from the beginning of a line where there is one.
std::string end_of(std::string_view text, size_t length) {
  if (text.size() <= length) return std::string(text);
  text.remove_prefix(text.size() - length);
  if (const size_t line = text.find('\n'); line + 1 < text.size()) {
    text.remove_prefix(line + 1);
  } else {
    while (!text.empty() && (static_cast<unsigned char>(text.front()) & 0xC0) == 0x80) text.remove_prefix(1);
  }
  return "…\n" + std::string(text);
}

// So much is held in memory until the causes that it goes to are known.
constexpr size_t kCollected = 32'000'000;

size_t size_of(const CauseSample& sample) { return sample.traceback.size() + sample.output.size(); }

// Drops the samples that there is no room for: every cause's first goes before any second.
void fit_samples(std::vector<ReportedCause>& causes, size_t room) {
  std::vector<std::vector<CauseSample>> kept(causes.size());
  for (size_t round = 0; round < CauseGroups::kSamples; ++round) {
    for (size_t i = 0; i < causes.size(); ++i) {
      if (round >= causes[i].samples.size() || size_of(causes[i].samples[round]) > room) continue;
      room -= size_of(causes[i].samples[round]);
      kept[i].push_back(std::move(causes[i].samples[round]));
    }
  }
  for (size_t i = 0; i < causes.size(); ++i) causes[i].samples = std::move(kept[i]);
}

}  // namespace

void CauseGroups::add(ReportedTest& test, int number, const FailureTexts& texts, std::string_view output,
                      ReportData& data) {
  Cause cause = cause_of(texts, data.models[test.model]);
  const auto [place, is_new] = by_key_.try_emplace(std::move(cause.key), static_cast<int>(causes_.size()));
  if (is_new) {
    causes_.push_back(
        {std::string(texts.outcome), cause.title, cause.place, is_failure(texts.outcome), 0, {}});
  }
  test.cause = place->second;
  ReportedCause& group = causes_[static_cast<size_t>(test.cause)];
  ++group.tests;
  add_sample(group, number, texts.traceback, output);

  const std::string message =
      one_line(shown_cause(texts.error_type, texts.error_message, texts.reason), kMessageLength);
  if (!message.empty() && message != group.title) add_message(test, message, data);
}

void CauseGroups::add_message(ReportedTest& test, const std::string& message, ReportData& data) {
  if (const auto known = messages_.find(message); known != messages_.end()) {
    test.message = known->second;
  } else if (message.size() <= message_room_) {
    message_room_ -= message.size();
    test.message = data.messages.add(message);
    messages_.emplace(message, test.message);
  }
}

void CauseGroups::add_sample(ReportedCause& cause, int number, std::string_view traceback,
                             std::string_view output) {
  if (cause.samples.size() == kSamples || (traceback.empty() && output.empty())) return;
  CauseSample sample{number, end_of(traceback, kSampleLength), end_of(output, kSampleLength)};
  for (const CauseSample& each : cause.samples) {
    if (each.traceback == sample.traceback && each.output == sample.output) return;
  }
  if (collected_ + size_of(sample) > kCollected) return;
  collected_ += size_of(sample);
  cause.samples.push_back(std::move(sample));
}

void CauseGroups::finish(ReportData& data) {
  std::vector<int> order(causes_.size());
  std::iota(order.begin(), order.end(), 0);
  const auto rank = [this](int number) {
    const ReportedCause& cause = causes_[static_cast<size_t>(number)];
    return std::tuple(!cause.is_failure, -cause.tests, number);
  };
  std::sort(order.begin(), order.end(), [&](int a, int b) { return rank(a) < rank(b); });
  std::vector<int> place(order.size());
  std::unordered_map<std::string, int> others;  // by outcome
  for (size_t i = 0; i < order.size(); ++i) {
    ReportedCause& cause = causes_[static_cast<size_t>(order[i])];
    int& own_place = place[static_cast<size_t>(order[i])];
    if (i < kCauses) {
      own_place = static_cast<int>(data.causes.size());
      data.causes.push_back(std::move(cause));
      continue;
    }
    const auto [other, is_new] = others.try_emplace(cause.outcome, static_cast<int>(data.causes.size()));
    if (is_new) data.causes.push_back({cause.outcome, "other causes", "", cause.is_failure, 0, {}});
    own_place = other->second;
    data.causes[static_cast<size_t>(own_place)].tests += cause.tests;
  }
  fit_samples(data.causes, kSampleRoom);
  for (ReportedTest& test : data.tests) {
    if (test.cause >= 0) test.cause = place[static_cast<size_t>(test.cause)];
  }
}

}  // namespace testloom
