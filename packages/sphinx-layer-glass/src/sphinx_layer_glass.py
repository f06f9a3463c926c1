"""Sphinx directive ``layer-glass``: the commands in it become an element of the page."""

from html import escape

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.errors import ConfigError
from sphinx.util.docutils import SphinxDirective

NAMES = (
    "scenario", "src", "state", "view", "controls", "at", "path", "speed", "start", "lang", "theme",
    "height", "density", "poster", "attach",
)
FLAGS = ("readonly", "autoplay")
SOURCES = {"scenario", "src", "state", "attach"}


class layer_glass(nodes.General, nodes.Element):
    """Holds a literal block of the commands, for builders that know nothing else."""


class LayerGlass(SphinxDirective):
    has_content = True
    option_spec = {
        **{name: directives.unchanged_required for name in NAMES},
        **{name: directives.flag for name in FLAGS},
    }

    def run(self):
        commands = "\n".join(self.content)
        if not commands.strip() and not SOURCES & self.options.keys():
            raise self.error("layer-glass needs commands, or one of :scenario:, :src:, :state:, :attach:")
        node = layer_glass(attributes=dict(self.options), commands=commands)
        if commands.strip():
            node += nodes.literal_block(commands, commands, language="console")
        self.set_source_info(node)
        return [node]


def visit_html(translator, node):
    attributes = "".join(
        f' {name}="{escape(value or "")}"' for name, value in node["attributes"].items()
    )
    body = escape(node["commands"], quote=False)
    translator.body.append(f"<layer-glass{attributes}>\n{body}\n</layer-glass>\n")
    raise nodes.SkipNode


def visit_plain(translator, node):
    """The literal block inside says it all."""


def depart(translator, node):
    pass


def add_loader(app):
    src = app.config.layer_glass_src
    if app.builder.format == "html":
        if not src:
            raise ConfigError('layer_glass_src is not set: e.g. "https://HOST/layer-glass.js"')
        app.add_js_file(src, type="module")


def setup(app):
    app.add_config_value("layer_glass_src", "", "env")
    plain = (visit_plain, depart)
    app.add_node(
        layer_glass, html=(visit_html, depart), latex=plain, text=plain, man=plain, texinfo=plain
    )
    app.add_directive("layer-glass", LayerGlass)
    app.connect("builder-inited", add_loader)
    return {"version": "0.1.0", "parallel_read_safe": True, "parallel_write_safe": True}
