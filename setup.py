"""Has the pages of docs/ go along as thrum/guides, where ``thrum help PAGE`` finds them.

Of the page for people only what is built goes along, as data: not its sources, nor what npm puts
beside them.
"""

from setuptools import find_packages, setup

PACKAGES = find_packages(include=["thrum*", "gitstore*"], exclude=["thrum.web*"])

setup(packages=[*PACKAGES, "thrum.guides"], package_dir={"thrum.guides": "docs"})
