//! Packed archives: gzip and zstd are read and gzip is written, other programs are not there.

use super::options::{Mode, Options, Packing};
use super::{Done, FATAL};
use crate::limits::ARCHIVE_UNPACKED_MAX;
use crate::oci::compress::{self, Compression};
use crate::shell::command::ctx::Ctx;
use std::io::Read;

/// The archive as it is read: unpacked as `-z` says or, of a file, as its first bytes say.
pub fn unpacked(ctx: &mut Ctx<'_>, options: &Options, archive: Vec<u8>) -> Result<Vec<u8>, Done> {
    if matches!(options.mode, Mode::Append | Mode::Update) {
        return Ok(archive);
    }
    let found = compress::detect(&archive);
    match (options.packing, found) {
        (Packing::Other("zstd"), Ok(Compression::Zstd)) => {}
        (Packing::Other(program), _) => return Err(no_program(ctx, program)),
        (Packing::Gzip, Ok(Compression::Gzip)) => {}
        (Packing::Gzip, _) => {
            ctx.err("\ngzip: stdin: not in gzip format\n");
            ctx.warn("Child returned status 1");
            return Err(Done::Fatal);
        }
        (Packing::None, Ok(Compression::None)) => return Ok(archive),
        // Standard input cannot be read twice, so tar only says what it needs.
        (Packing::None, found) if options.file == b"-" => {
            let option = match found {
                Ok(Compression::Gzip) => "-z",
                Ok(_) => "--zstd",
                Err("bzip2") => "-j",
                Err(_) => "-J",
            };
            ctx.warn(format_args!("Archive is compressed. Use {option} option"));
            return Err(Done::Fatal);
        }
        (Packing::None, Err(program)) => return Err(no_program(ctx, program)),
        (Packing::None, Ok(_)) => {}
    }
    let is_gzip = matches!(found, Ok(Compression::Gzip));
    let bytes = if is_gzip { gunzip(&archive).map_err(|it| it.1) } else { unzstd(&archive) };
    bytes.map_err(|why| {
        let program = if is_gzip { "\ngzip: stdin" } else { "zstd: /*stdin*\\" };
        ctx.err(format!("{program}: {why}\n"));
        ctx.warn("Child returned status 1");
        Done::Fatal
    })
}

fn no_program(ctx: &mut Ctx<'_>, program: &str) -> Done {
    let prog = ctx.prog();
    ctx.err(format!("{prog} (child): {program}: Cannot exec: No such file or directory\n"));
    ctx.err(format!("{prog} (child): {FATAL}\n"));
    ctx.warn("Child returned status 2");
    Done::Fatal
}

/// Packs a finished archive.
pub fn packed(ctx: &mut Ctx<'_>, packing: Packing, archive: Vec<u8>) -> Result<Vec<u8>, Done> {
    match packing {
        Packing::None => Ok(archive),
        Packing::Gzip => Ok(gzip(&archive, None, flate2::Compression::default())),
        Packing::Other(program) => Err(no_program(ctx, program)),
    }
}

/// A member of gzip, with the name and time of its file where it has one.
pub fn gzip(bytes: &[u8], of: Option<(&[u8], u32)>, level: flate2::Compression) -> Vec<u8> {
    use std::io::Write;
    // 3 is Unix (RFC 1952, section 2.3.1).
    let mut builder = flate2::GzBuilder::new().operating_system(3);
    if let Some((name, time)) = of {
        builder = builder.filename(name).mtime(time);
    }
    let mut encoder = builder.write(Vec::new(), level);
    // Memory takes everything.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

/// All members of a gzip file.
///
/// # Errors
/// What came before the fault, and what gzip says after the name of the file.
pub fn gunzip(packed: &[u8]) -> Result<Vec<u8>, (Vec<u8>, &'static str)> {
    let mut bytes = Vec::new();
    let decoder = flate2::read::MultiGzDecoder::new(packed);
    let why = match decoder.take(ARCHIVE_UNPACKED_MAX).read_to_end(&mut bytes) {
        Ok(_) if bytes.len() as u64 == ARCHIVE_UNPACKED_MAX => {
            "it unpacks to more than the machine holds"
        }
        Ok(_) => return Ok(bytes),
        Err(err) if err.kind() == std::io::ErrorKind::UnexpectedEof => "unexpected end of file",
        Err(err) if err.to_string().contains("checksum") => "invalid compressed data--crc error",
        Err(_) => "invalid compressed data--format violated",
    };
    Err((bytes, why))
}

fn unzstd(packed: &[u8]) -> Result<Vec<u8>, &'static str> {
    let mut bytes = Vec::new();
    let mut left = packed;
    while !left.is_empty() {
        let broken = "Data corruption detected";
        let decoder = ruzstd::decoding::StreamingDecoder::new(&mut left).map_err(|_| broken)?;
        decoder.take(ARCHIVE_UNPACKED_MAX).read_to_end(&mut bytes).map_err(|_| broken)?;
    }
    Ok(bytes)
}
