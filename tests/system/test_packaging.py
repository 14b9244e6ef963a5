"""What `make install` and the package do to files that an administrator has edited."""

import os
import subprocess
import tempfile
import unittest

from lab.gateway import ROOT, binary

BUILD = os.path.dirname(os.path.realpath(binary()))


@unittest.skipUnless(os.path.exists(os.path.join(BUILD, "cmake_install.cmake")),
                     "the program is in no build directory")
class Packaging(unittest.TestCase):
    def install(self, root):
        return subprocess.run(["cmake", "--install", BUILD, "--prefix", "/usr"],
                              env=dict(os.environ, DESTDIR=root), capture_output=True, text=True,
                              timeout=60, check=True).stdout

    def test_an_edited_configuration_survives(self):
        with tempfile.TemporaryDirectory() as root:
            self.install(root)
            file = os.path.join(root, "etc/isthmus/isthmus.toml")
            with open(os.path.join(ROOT, "packaging/isthmus.toml"), encoding="utf-8") as shipped:
                example = shipped.read()
            with open(file, encoding="utf-8") as installed:
                self.assertEqual(installed.read(), example)
            with open(file, "w", encoding="utf-8") as edited:
                edited.write("# mine\n")
            self.assertIn("Kept: ", self.install(root))
            with open(file, encoding="utf-8") as kept:
                self.assertEqual(kept.read(), "# mine\n")
            for path in ("usr/bin/isthmus", "usr/lib/systemd/system/isthmus.service",
                         "usr/lib/sysusers.d/isthmus.conf", "usr/share/man/man1/isthmus.1",
                         "usr/share/doc/isthmus/examples/isthmus.toml",
                         "usr/share/bash-completion/completions/isthmus",
                         "usr/share/zsh/vendor-completions/_isthmus",
                         "usr/share/fish/vendor_completions.d/isthmus.fish"):
                self.assertTrue(os.path.exists(os.path.join(root, path)), path)
