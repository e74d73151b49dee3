#pragma once
// A folder of a test's own, and environment variables that it sets; both go when it ends.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace cresset::kube {

class Scratch {
 public:
  Scratch() {
    std::string name = (std::filesystem::temp_directory_path() / "cresset-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) std::abort();
    folder_ = name;
  }
  ~Scratch() { std::filesystem::remove_all(folder_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name)) << text;
    return path(name);
  }

 private:
  std::filesystem::path folder_;
};

class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    if (const char* before = std::getenv(name)) before_ = before;
    value == nullptr ? unsetenv(name) : setenv(name, value, 1);
  }
  ~Variable() { before_.empty() ? unsetenv(name_) : setenv(name_, before_.c_str(), 1); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
  std::string before_;
};

// Whatever proxy the machine goes by.
struct NoProxy {
  Variable https{"HTTPS_PROXY", nullptr};
  Variable https_small{"https_proxy", nullptr};
  Variable except{"NO_PROXY", nullptr};
  Variable except_small{"no_proxy", nullptr};
};

}  // namespace cresset::kube
