import os
import sys

sys.path.insert(0, os.environ["SPHINX_LAYER_GLASS"])
project = "Layers"
extensions = ["myst_parser", "sphinx_layer_glass"]
layer_glass_src = "LOADER"
html_theme = "alabaster"
suppress_warnings = ["misc.highlighting_failure"]
