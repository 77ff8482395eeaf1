#include "model/family/family.h"

#include <algorithm>
#include <utility>

#include "model/family/family_table.h"
#include "model/family/name_search.h"

namespace testloom {

namespace {

// What was found in one name, by kind: the first of each, but the word and the hint that precede in the
// table.
struct Findings {
  Found type, other_type;  // other_type: a type of another family
  Found part, other_part;
  bool part_begins_name = false;
  Found word, sense, hint, organisation;
  Found task, other_task;
};

struct Verdict {
  const std::string* family = nullptr;
  const std::string* task = nullptr;
  double confidence = 0;
  Found first, second;  // the evidence
};

void note(Found& first, Found& other, const Found& found) {
  if (!first) {
    first = found;
  } else if (!other && found.family() != first.family()) {
    other = found;
  }
}

void note(Found& first, const Found& found) {
  if (!first) first = found;
}

void note(Findings& findings, const Found& found, bool begins_name) {
  switch (found.row->kind) {
    case EvidenceKind::type:
      return note(findings.type, findings.other_type, found);
    case EvidenceKind::first:
      if (begins_name) note(findings.type, findings.other_type, found);
      return;
    case EvidenceKind::part:
      if (!findings.part) findings.part_begins_name = begins_name;
      return note(findings.part, findings.other_part, found);
    case EvidenceKind::word:
      if (!findings.word || found.row < findings.word.row) findings.word = found;
      return;
    case EvidenceKind::sense:
      return note(findings.sense, found);
    case EvidenceKind::task:
      return note(findings.task, findings.other_task, found);
    case EvidenceKind::hint:
      if (!findings.hint || found.row < findings.hint.row) findings.hint = found;
      return;
    case EvidenceKind::since:   // is a type once the table is read
    case EvidenceKind::ending:  // is not among the names
    case EvidenceKind::lead:
    case EvidenceKind::organisation:
    case EvidenceKind::hide:
      return;
  }
}

Findings search(const FamilyTable& table, const SplitName& split) {
  Findings findings;
  each_evidence(table, split.name,
                [&](const Found& found, bool begins_name) { note(findings, found, begins_name); });
  if (!split.organisation.empty() && token_starts(split.organisation, 0)) {
    const auto match = table.organisations.longest(split.organisation, 0);
    if (match && match->end == split.organisation.size()) {
      findings.organisation = {&table.rows[match->value], split.organisation};
    }
  }
  return findings;
}

Verdict by(const Found& found, double confidence) {
  return {&found.row->model_family, &found.row->task, confidence, found, {}};
}

bool is_text(const std::string& family) { return family == "text_generation" || family == "text_embedding"; }

// Two components of different families make a whole: an encoder of images or sound with a text model.
Verdict composed(const Found& a, const Found& b) {
  static const std::string multimodal = "multimodal", image_to_text = "image-to-text";
  const bool one_text = is_text(a.family()) != is_text(b.family());
  if (!one_text) return is_text(a.family()) ? by(a, 0.6) : Verdict();
  const Found& encoder = is_text(a.family()) ? b : a;
  if (encoder.family() == "audio") return {&encoder.family(), &encoder.row->task, 0.7, a, b};
  if (encoder.family() == "vision") return {&multimodal, &image_to_text, 0.7, a, b};
  return {};
}

// Two types of different families: one may be what the other is made of, as in blip2-flan-t5. Otherwise they
// contradict each other.
Verdict conflicting(const Found& a, const Found& b) {
  for (const auto& [whole, component] : {std::pair(a, b), std::pair(b, a)}) {
    const bool holds_text = !is_text(whole.family()) && whole.family() != "vision";
    const bool holds_images = whole.family() == "multimodal";
    if (holds_text && is_text(component.family())) return by(whole, 0.7);
    if (holds_images && component.family() == "vision") return by(whole, 0.7);
    // What embeds or ranks is often made of a generator, a masked language model is not.
    const bool embeds = whole.family() == "text_embedding" && whole.row->task != "fill-mask";
    if (embeds && component.family() == "text_generation") return by(whole, 0.7);
  }
  return {};
}

Verdict by_types(const Findings& findings) {
  if (findings.other_type) return conflicting(findings.type, findings.other_type);
  if (findings.type && is_text(findings.type.family())) {
    for (const Found& part : {findings.part, findings.other_part}) {
      if (part && !is_text(part.family())) return composed(findings.type, part);
    }
  }
  if (findings.type) return by(findings.type, 0.95);
  if (findings.other_part) return composed(findings.part, findings.other_part);
  if (findings.part) return by(findings.part, findings.part_begins_name ? 0.9 : 0.75);
  return {};
}

// Whether a modality word makes another family of a type of `base`.
bool overrides(const EvidenceRow& word, const std::string& base) {
  if (word.model_family == "text_embedding") return base == "text_generation";
  if (word.model_family == "text_generation" && base == "diffusion") return true;  // writes prompts for it
  if (word.task == "text-to-speech" && base == "multimodal") return true;
  return is_text(base) || base == "vision";
}

// A text generator with a word for a sense takes that in beside text, and so does what embeds. One for what
// it makes (Qwen-Image) has to stand behind it: Video-LLaMA looks at videos.
Verdict with_sense(Verdict verdict, const Found& sense) {
  static const std::string multimodal = "multimodal", image_text_to_text = "image-text-to-text";
  if (!sense || !verdict.family || !is_text(*verdict.family)) return verdict;
  if (*verdict.family == "text_embedding") {
    // bge-visualized; a letter or two (mmBERT) mean something else as often.
    const bool sees = sense.row->task == image_text_to_text && sense.text.size() > 2;
    return sees ? Verdict{&multimodal, verdict.task, 0.85, verdict.first, sense} : verdict;
  }
  const bool makes = sense.family() == "diffusion";
  if (makes && sense.text.data() < verdict.first.text.data()) {
    return {&multimodal, &image_text_to_text, 0.85, sense, verdict.first};
  }
  return {&sense.family(), &sense.row->task, 0.85, verdict.first, sense};
}

Verdict with_words(Verdict verdict, const Findings& findings) {
  const Found& word = findings.word;
  if (word && (!verdict.family || overrides(*word.row, *verdict.family))) {
    const double confidence = verdict.family ? 0.9 : 0.7;
    return {&word.family(), &word.row->task, confidence, verdict.first, word};
  }
  if (word && word.family() == *verdict.family && !word.row->task.empty()) {
    verdict.task = &word.row->task;
    verdict.second = word;
  }
  return with_sense(std::move(verdict), findings.sense);
}

// An organisation speaks where the name does not, and says which family its text models are of. One of
// vision models is believed over the name, whose words then say what a model was trained with.
Verdict with_organisation(Verdict verdict, const Findings& findings) {
  const Found& organisation = findings.organisation;
  if (!organisation) return verdict;
  if (!verdict.family) return by(organisation, 0.8);
  if (*verdict.family == organisation.family()) {
    if (!organisation.row->task.empty()) verdict.task = &organisation.row->task;
    verdict.second = organisation;
    return verdict;
  }
  const bool text = is_text(*verdict.family) && is_text(organisation.family());
  const bool whole = organisation.family() == "multimodal" && is_text(*verdict.family);
  // Whose models are all of sound or images embeds those.
  const bool embeds = findings.word && !findings.type && !findings.part && is_text(*verdict.family);
  return text || whole || embeds || organisation.family() == "vision" ? by(organisation, 0.8) : verdict;
}

// Where nothing that is known speaks: what a name's words suggest, what they end in, and a word for sound.
Verdict by_weak_evidence(const FamilyTable& table, std::string_view name, const Findings& findings) {
  static const std::string audio = "audio", no_task;
  if (findings.other_type || findings.other_part) return {};  // these contradict each other
  const bool hears = findings.sense && findings.sense.row->task == "audio-text-to-text";
  if (findings.hint && !(hears && findings.hint.family() == "vision")) {
    const Verdict verdict = by(findings.hint, 0.6);
    const bool speaks = findings.hint.row->task == "text-generation";  // what chats may see and hear as well
    return speaks ? with_sense(verdict, findings.sense) : verdict;
  }
  const Found ending = ending_in(table, name);
  if (ending) return by(ending, 0.5);
  return hears ? Verdict{&audio, &no_task, 0.5, findings.sense, {}} : Verdict();
}

Verdict decide(const FamilyTable& table, std::string_view name, const Findings& findings) {
  Verdict verdict = with_organisation(with_words(by_types(findings), findings), findings);
  if (!verdict.family) verdict = by_weak_evidence(table, name, findings);
  if (!verdict.family) return {};
  for (const Found& task : {findings.task, findings.other_task, findings.hint}) {
    if (!task || task.row->task.empty()) continue;
    if (!task.family().empty() && task.family() != *verdict.family) continue;
    verdict.task = &task.row->task;
    break;
  }
  return verdict;
}

}  // namespace

FamilyGuess detect_family(std::string_view model_name) { return detect_family(model_name, family_table()); }

FamilyGuess detect_family(std::string_view model_name, const FamilyTable& table) {
  const SplitName split = split_name(model_name);
  const Verdict verdict = decide(table, split.name, search(table, split));
  if (!verdict.family) return {"unknown", "", "none", 0, ""};
  FamilyGuess guess{*verdict.family, *verdict.task, "name", verdict.confidence, ""};
  for (const Found& found : {verdict.first, verdict.second}) {
    if (!found) continue;
    if (!guess.evidence.empty()) guess.evidence += " + ";
    guess.evidence += found.text;
  }
  return guess;
}

const std::vector<std::string>& known_families() {
  static const std::vector<std::string> families = {"text_embedding", "text_generation", "vision",
                                                    "audio",          "multimodal",      "diffusion",
                                                    "time_series",    "unknown"};
  return families;
}

bool is_name(std::string_view text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (text.empty() || text.size() > 64 || !is_letter(text.front())) return false;
  return std::ranges::all_of(text, [&](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-';
  });
}

}  // namespace testloom
