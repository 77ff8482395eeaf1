// Which imports of a test a warm parent loads before it: those of libraries that take long, at the beginning
// of a line, and nothing that a test would do by itself.
#include "engine/local/imports.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace testloom {
namespace {

struct Case {
  std::string text;
  std::vector<std::string> statements;
};

const std::vector<Case> kCases = {
    {"", {}},
    {"import os\nimport json, sys\n", {}},
    {"import numpy\n", {"import numpy"}},
    {"import numpy", {"import numpy"}},
    {"import numpy as np  # arrays\n", {"import numpy as np"}},
    {"import os, torch, numpy as np\n", {"import torch", "import numpy as np"}},
    {"import torch.nn.functional as F\n", {"import torch.nn.functional as F"}},
    {"from torch import nn\nfrom torch import nn\n", {"from torch import nn"}},
    {"from transformers import (  # both\n    AutoModel,\n    AutoTokenizer,\n)\nx = 1\n",
     {"from transformers import ( AutoModel, AutoTokenizer, )"}},
    {"def test_it():\n    import torch\n", {}},
    {"if True:\n    import torch\n", {}},
    {"#import torch\n", {}},
    {"import torchlike\nfrom numpyish import x\nimport mytorch\n", {}},
    {"from . import torch\n", {}},
    {"importtorch = 1\nfrom_numpy = 2\n", {}},
    {"import numpy\r\nimport os\r\n", {"import numpy"}},
};

// Blanks and ends of lines between parentheses say nothing.
std::string without_blanks(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' || (!out.empty() && out.back() != ' ')) out += c;
  }
  return out;
}

TEST(Imports, AreThoseOfLibrariesAtTheBeginningOfALine) {
  for (const Case& each : kCases) {
    Imports imports = heavy_imports(each.text);
    for (std::string& statement : imports.statements) statement = without_blanks(statement);
    EXPECT_EQ(imports.statements, each.statements) << each.text;
    EXPECT_EQ(imports.packages.empty(), each.statements.empty()) << each.text;
  }
}

TEST(Imports, ArePutTogetherByTheirPackages) {
  const Imports one = heavy_imports("import torch\nfrom torch import nn\nimport numpy as np\n");
  const Imports other = heavy_imports("from numpy import array\nimport torch.nn\n");
  EXPECT_EQ(one.packages, (std::set<std::string>{"numpy", "torch"}));
  EXPECT_EQ(one.packages, other.packages);
}

// What would be carried out by the parent is nothing but imports.
TEST(Imports, DoNotTakeAlongWhatStandsBehindThem) {
  for (const std::string text : {"import torch; torch.cuda.init()\n", "import numpy; print('here')\n",
                                 "from torch import nn; nn.Linear(2, 2)\n"}) {
    for (const std::string& statement : heavy_imports(text).statements)
      EXPECT_EQ(statement.find(';'), std::string::npos) << statement;
  }
}

TEST(Imports, InATextAreNone) {
  EXPECT_TRUE(heavy_imports("text = '''\nimport torch\n'''\n").statements.empty());
  EXPECT_TRUE(heavy_imports("\"\"\"How to\nimport numpy, and more.\n\"\"\"\n").statements.empty());
}

TEST(Imports, GoOnAfterABackslash) {
  EXPECT_EQ(heavy_imports("from torch \\\n    import nn\n").statements.size(), 1u);
  for (const std::string& statement : heavy_imports("from torch import \\\n    nn\n").statements)
    EXPECT_NE(statement.find("nn"), std::string::npos) << statement;
}

}  // namespace
}  // namespace testloom
