#include "store.h"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <unistd.h>

#include <memory>

#include "catalog/models.h"
#include "catalog/template_files.h"
#include "catalog/templates.h"
#include "model/estimate/family_prior.h"
#include "plan/planner.h"
#include "plan/priority.h"
#include "plan/render_tree.h"
#include "plan/tests.h"
#include "store/store.h"

namespace nb = nanobind;

namespace testloom::python {

namespace {

nb::object to_python(const Datum& datum);

struct ToPython {
  nb::object operator()(std::monostate) const { return nb::none(); }
  nb::object operator()(bool value) const { return nb::bool_(value); }
  nb::object operator()(int64_t value) const { return nb::int_(value); }
  nb::object operator()(double value) const { return nb::float_(value); }
  nb::object operator()(const std::string& value) const { return nb::str(value.data(), value.size()); }
  nb::object operator()(const Datum::Uuid& value) const {
    return nb::module_::import_("uuid").attr("UUID")(value.text.c_str());
  }
  nb::object operator()(const Datum::Timestamp& value) const {
    const nb::module_ datetime = nb::module_::import_("datetime");
    return datetime.attr("datetime")(1970, 1, 1) + datetime.attr("timedelta")(0, 0, value.microseconds);
  }
  nb::object operator()(const std::vector<Datum>& items) const {
    nb::list list;
    for (const Datum& item : items) list.append(to_python(item));
    return list;
  }
};

nb::object to_python(const Datum& datum) { return std::visit(ToPython{}, datum.value); }

Parameter to_parameter(nb::handle value) {
  try {
    if (value.is_none()) return {};
    if (nb::isinstance<nb::bool_>(value)) return nb::cast<bool>(value);
    if (nb::isinstance<nb::int_>(value)) return nb::cast<int64_t>(value);
    if (nb::isinstance<nb::float_>(value)) return nb::cast<double>(value);
    if (nb::isinstance<nb::str>(value)) return nb::cast<std::string>(value);
  } catch (const std::bad_cast&) {
    throw Error(ErrorKind::usage, "a parameter is too large an integer, or text that is not UTF-8");
  }
  const std::string type = nb::cast<std::string>(nb::str(value.type().attr("__name__")));
  throw Error(ErrorKind::usage, "a parameter is of type " + type, "give None, bool, int, float or str");
}

// The rows of one statement, read whole, so that nothing of it holds the store open.
struct Cursor {
  nb::list rows;
  nb::list description;
  size_t next = 0;

  nb::object fetch_one() { return next < rows.size() ? nb::object(rows[next++]) : nb::none(); }
  nb::list fetch_many(size_t count) {
    nb::list taken;
    for (; count > 0 && next < rows.size(); --count) taken.append(rows[next++]);
    return taken;
  }
};

// The open store until close().
class OpenStore {
 public:
  OpenStore(const std::string& path, double wait_seconds, bool shipped_templates)
      : store_(open_store(path, OpenMode::create, wait_seconds)) {
    if (shipped_templates && stored_templates(store_->connection()).empty()) {
      add_shipped_templates(store_->connection());
    }
  }

  void close() {
    if (opened_by_ == ::getpid())
      store_.reset();
    else
      static_cast<void>(store_.release());  // the parent's; closing it here would disturb the file
  }
  ~OpenStore() { close(); }
  OpenStore(const OpenStore&) = delete;
  OpenStore& operator=(const OpenStore&) = delete;

  bool closed() const { return !store_; }

  Cursor execute(const std::string& sql, const std::optional<nb::object>& parameters) {
    std::vector<Parameter> bound;
    if (parameters) {
      for (const nb::handle value : *parameters) bound.push_back(to_parameter(value));
    }
    Result result = connection().query(sql, bound);
    Cursor cursor;
    for (size_t i = 0; i < result.column_count(); ++i) {
      cursor.description.append(nb::make_tuple(result.column_name(i), result.column_type(i)));
    }
    while (result.next()) {
      nb::list row;
      for (size_t i = 0; i < result.column_count(); ++i) row.append(to_python(result.datum(i)));
      cursor.rows.append(nb::tuple(row));
    }
    return cursor;
  }

  nb::tuple add_template_row(const std::string& template_name, const std::string& model_family,
                             const std::string& content, std::optional<std::string> hardware_type,
                             std::optional<std::string> description, const std::string& path) {
    std::vector<std::string> notes;
    NewTemplate given{template_name, model_family,           std::move(hardware_type),
                      content,       std::move(description), path};
    BesideFinder beside(nullptr);
    if (!path.empty()) given.options.finder = &beside;
    const AddedTemplate added = add_template(connection(), given, notes);
    return nb::make_tuple(added.template_id, added.version, added.changed);
  }

  void add_mapping_row(const std::string& model_name, const std::string& model_family,
                       std::optional<int64_t> template_id, std::optional<std::string> description) {
    std::vector<std::string> notes;
    add_mapping(connection(), {model_name, model_family, template_id, std::move(description)}, notes);
  }

  void remove(int64_t template_id) { remove_template(connection(), template_id); }

  nb::dict detect(const std::string& model_name) {
    const FamilyGuess guess = family_of(connection(), model_name);
    nb::dict answer;
    answer["model_family"] = guess.model_family;
    answer["task"] = guess.task;
    answer["origin"] = guess.origin;
    answer["confidence"] = guess.confidence;
    return answer;
  }

  nb::dict plan(const std::vector<std::string>& model_names, const std::vector<std::string>& hardware_types,
                const std::vector<int64_t>& batch_sizes, const std::string& plan_name, bool store_plan) {
    std::vector<std::string> notes;
    connection();
    const PlanSummary summary =
        make_plan(*store_, spec_of_flags(plan_name, model_names, hardware_types, batch_sizes), notes,
                  [&](const PlanSummary&) { return store_plan; });
    nb::list skipped;
    for (const Skipped& skip : summary.skipped) {
      nb::dict entry;
      entry["reason"] = skip.reason;
      entry["cells"] = skip.cells;
      skipped.append(entry);
    }
    nb::dict answer;
    answer["plan_id"] = summary.plan_id;
    answer["tests"] = summary.tests;
    answer["skipped"] = skipped;
    answer["notes"] = notes;
    return answer;
  }

  nb::list tests(int64_t plan_id, bool with_content) {
    nb::list tests;
    TestRenderer renderer;
    for_each_test(connection(), TestFilter{plan_id, {}, {}, {}}, [&](const PlannedTest& test) {
      nb::dict entry;
      entry["test_id"] = test.test_id;
      entry["case"] = test.case_name;
      entry["model_name"] = test.model_name;
      entry["model_family"] = test.model_family;
      entry["hardware_type"] = test.hardware_type;
      entry["batch_size"] = test.batch_size;
      entry["template_name"] = test.template_name;
      entry["priority"] = test.priority;
      entry["estimated_memory_gb"] = test.estimated_memory_gb;
      entry["dependencies"] = test.dependencies;
      if (with_content) {
        renderer.load(connection(), test);
        entry["content"] = std::string(renderer.render(test));
      }
      tests.append(entry);
    });
    return tests;
  }

  int64_t render(int64_t plan_id, const std::string& folder) {
    return render_tree(connection(), TestFilter{plan_id, {}, {}, {}}, folder).files;
  }

  int64_t priority(const std::string& hardware_type, int64_t batch_size) {
    Result rows = connection().query(
        std::string("SELECT ") + kPrioritySql + " FROM (SELECT ? AS hardware_type, ? AS batch_size)",
        {hardware_type, batch_size});
    rows.next();
    return rows.integer(0);
  }

 private:
  Connection& connection() {
    if (!store_) throw Error(ErrorKind::usage, "the store is closed", "open it anew");
    if (opened_by_ != ::getpid()) {  // DuckDB's locks and threads do not survive a fork
      throw Error(ErrorKind::usage, "the store was opened by another process", "open it anew after fork()");
    }
    return store_->connection();
  }

  std::unique_ptr<Store> store_;
  pid_t opened_by_ = ::getpid();
};

}  // namespace

void bind_store(nb::module_& module) {
  nb::class_<Cursor>(module, "Cursor", "The rows of one statement.")
      .def("fetchone", &Cursor::fetch_one, "The next row as a tuple, or None.")
      .def("fetchmany", &Cursor::fetch_many, nb::arg("size") = 1, "The next rows, at most ``size``.")
      .def(
          "fetchall", [](Cursor& cursor) { return cursor.fetch_many(SIZE_MAX); }, "All rows that are left.")
      .def_ro("description", &Cursor::description, "(name, type) of each column.");

  nb::class_<OpenStore>(module, "Store", "A DuckDB file with templates, models, plans and outcomes.")
      .def(nb::init<const std::string&, double, bool>(), nb::arg("path"),
           nb::arg("wait_seconds") = kDefaultWaitSeconds, nb::arg("shipped_templates") = false)
      .def("close", &OpenStore::close, "Closes the file; closing again does nothing.")
      .def_prop_ro("closed", &OpenStore::closed)
      .def("execute", &OpenStore::execute, nb::arg("sql"), nb::arg("parameters") = nb::none(),
           "Runs one SQL statement; ``?`` stand for the parameters.")
      .def("add_template", &OpenStore::add_template_row, nb::arg("template_name"), nb::arg("model_family"),
           nb::arg("content"), nb::arg("hardware_type") = nb::none(), nb::arg("description") = nb::none(),
           nb::arg("path") = "",
           "Checks and stores a template of kind Python; (template_id, version, changed). What it includes "
           "is looked "
           "for beside `path`, where one is given, then in the store.")
      .def("remove_template", &OpenStore::remove, nb::arg("template_id"))
      .def("add_mapping", &OpenStore::add_mapping_row, nb::arg("model_name"), nb::arg("model_family"),
           nb::arg("template_id") = nb::none(), nb::arg("description") = nb::none())
      .def("detect", &OpenStore::detect, nb::arg("model_name"), "Family and task, by mapping, then by name.")
      .def("plan", &OpenStore::plan, nb::arg("model_names"), nb::arg("hardware_types"),
           nb::arg("batch_sizes"), nb::arg("plan_name") = "flags", nb::arg("store_plan") = true,
           "Makes a plan; a dict with plan_id, tests, skipped and notes.")
      .def("tests", &OpenStore::tests, nb::arg("plan_id"), nb::arg("with_content") = false,
           "The plan's tests, each after those it depends on.")
      .def("render", &OpenStore::render, nb::arg("plan_id"), nb::arg("folder"),
           "Writes the plan's tests as files; how many there are.")
      .def("priority", &OpenStore::priority, nb::arg("hardware_type"), nb::arg("batch_size"))
      .def(
          "prior_memory_gb",
          [](OpenStore&, const std::string& model_family, int64_t batch_size) {
            return prior_memory_gb(model_family, batch_size);
          },
          nb::arg("model_family"), nb::arg("batch_size"));
}

}  // namespace testloom::python
