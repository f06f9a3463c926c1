//! `layerglass image save` and `layer`: what is written. What was begun is removed when it fails.

use super::print::{Failure, layer_number};
use clap::ValueEnum;
use layerglass::oci::compress::Compression;
use layerglass::oci::convert::{self, Converted, Marks};
use layerglass::oci::export::{self, LayerBytes, Outgoing};
use layerglass::oci::layer::Layer;
use layerglass::oci::scan::Image;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

/// How layers are packed.
#[derive(Clone, Copy, ValueEnum)]
pub enum How {
    None,
    Gzip,
    Zstd,
}

/// How layers say what they hide.
#[derive(Clone, Copy, ValueEnum)]
pub enum Form {
    /// .wh.NAME, as archives of images have it
    Oci,
    /// Devices 0/0 and trusted.overlay attributes, as on an overlay
    Overlay,
    /// Devices 0/0 and user.overlay attributes
    User,
}

impl Form {
    fn marks(self) -> Marks {
        match self {
            Form::Oci => Marks::Names,
            Form::Overlay => Marks::Trusted,
            Form::User => Marks::User,
        }
    }
}

pub fn save(image: &Image, how: How, form: Option<Form>, output: &Path) -> Result<(), Failure> {
    let packing = match how {
        How::None => Compression::None,
        How::Gzip => Compression::Gzip,
        How::Zstd => Compression::Zstd,
    };
    let tags = &image.found.tags;
    let Some(form) = form else {
        let layers = image.layers.iter().map(|layer| layer.as_ref() as &dyn LayerBytes).collect();
        let outgoing = Outgoing { config: &image.found.raw, tags, layers };
        return written(output, |out| export::packed(&[outgoing], packing, out));
    };
    let failed = |err: io::Error| Failure::Message(err.to_string());
    let (config, layers) = convert::image(image, form.marks()).map_err(failed)?;
    let layers = layers.iter().map(|layer| layer as &dyn LayerBytes).collect();
    let outgoing = Outgoing { config: &config, tags, layers };
    written(output, |out| export::packed(&[outgoing], packing, out))
}

pub fn layer(
    image: &Image,
    number: usize,
    form: Option<Form>,
    output: &Path,
) -> Result<(), Failure> {
    layer_number(image, Some(number))?;
    let layer: &Arc<Layer> = &image.layers[number - 1];
    let failed = |err: io::Error| Failure::Message(format!("layer {number}: {err}"));
    match form {
        None => written(output, |out| layer.write_to(out)),
        Some(form) => {
            let converted = Converted::new(layer.clone(), form.marks()).map_err(failed)?;
            written(output, |out| converted.write_to(out))
        }
    }
}

fn written(
    output: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    if output == Path::new("-") {
        return write(&mut io::stdout().lock()).map_err(|err| match err.kind() {
            io::ErrorKind::BrokenPipe => Failure::Pipe,
            _ => Failure::Message(err.to_string()),
        });
    }
    let name = output.display().to_string();
    let file = File::create(output).map_err(|err| Failure::of(&name, &err))?;
    let mut file = BufWriter::with_capacity(256 << 10, file);
    write(&mut file).and_then(|()| file.flush()).map_err(|err| {
        let _ = std::fs::remove_file(output);
        Failure::of(&name, &err)
    })
}
