// The protocol of the engines in C++ (see README.md): reads the template and the value sets, then answers the
// driver's commands on standard input. An engine hands itself to serve():
//
//     struct Engine {
//       Engine(const std::string& text, const std::vector<ValueSet>& sets);
//       std::string_view render(size_t index);  // valid until the next call
//     };
//     int main(int count, char** arguments) { return serve<Engine>(count, arguments); }
#pragma once

#include <boost/json.hpp>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

// One line of the file of value sets: each name's value, a text or an integer.
using ValueSet = boost::json::object;

// A value as text.
inline std::string text_of(const boost::json::value& value) {
  return value.is_int64() ? std::to_string(value.get_int64()) : std::string(value.as_string());
}

inline std::string read_text(const char* path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error(std::string("cannot read ") + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline std::vector<ValueSet> read_sets(const char* path, size_t most) {
  std::ifstream file(path);
  std::vector<ValueSet> sets;
  for (std::string line; sets.size() < most && std::getline(file, line);)
    sets.push_back(boost::json::parse(line).as_object());
  return sets;
}

// Seconds and bytes of rendering the first `sets` value sets once.
template <class Engine>
void answer_round(Engine& engine, size_t sets) {
  size_t bytes = 0;
  const auto start = std::chrono::steady_clock::now();
  for (size_t index = 0; index < sets; ++index) {
    const std::string_view text = engine.render(index);
    asm volatile("" : : "r"(text.data()) : "memory");  // the text counts as read
    bytes += text.size();
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::cout << seconds.count() << ' ' << bytes << std::endl;
}

// Writes the outputs for the first `sets` value sets into one file, one after the other.
template <class Engine>
void answer_check(Engine& engine, size_t sets, const std::string& path) {
  std::ofstream file(path, std::ios::binary);
  for (size_t index = 0; index < sets; ++index) file << engine.render(index);
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
  std::cout << "done" << std::endl;
}

template <class Engine>
int serve(int count, char** arguments) try {
  if (count != 4) throw std::runtime_error("usage: ENGINE TEMPLATE VALUES SETS");
  const std::string text = read_text(arguments[1]);
  Engine engine(text, read_sets(arguments[2], std::strtoul(arguments[3], nullptr, 10)));
  std::cout.precision(9);
  std::cout << "ready" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string command, path;
    size_t sets = 0;
    words >> command >> sets >> path;
    if (command == "round")
      answer_round(engine, sets);
    else
      answer_check(engine, sets, path);
  }
  return 0;
} catch (const std::exception& problem) {
  std::cerr << problem.what() << '\n';
  return 1;
}
