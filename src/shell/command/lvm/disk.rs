//! LVM on a device: the label in its second sector, and the area behind it with the text of the group, byte for byte as
//! lvm 2.03 writes and reads them.

use super::model::Group;
use super::text;
use crate::block::{Ask, Device, SECTOR, Tell, What};
use crate::errno::Errno;
use crate::shell::command::ctx::Ctx;
use crate::types::{OpenFlags, Result};

/// Where the area with the text begins, and its size.
const AREA: u64 = 4096;
const AREA_SIZE: u64 = (1 << 20) - AREA;
/// Where extents begin, in sectors.
pub const DATA: u64 = 2048;
const MAGIC: &[u8; 16] = b" LVM2 x[5A%r0N*>";
const HEAD: usize = 512;

/// What the label of a device says.
pub struct Label {
    pub device: String,
    /// Sectors.
    pub size: u64,
    pub id: String,
    pub group: Option<Group>,
}

/// The check sum of labels and texts.
fn crc(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0xf597_a6cf, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |it, _| {
            (it >> 1) ^ if it & 1 == 1 { 0xedb8_8320 } else { 0 }
        })
    })
}

fn number(bytes: &[u8], at: usize) -> u64 {
    let mut raw = [0; 8];
    raw.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(raw)
}

/// An identifier as people write it: groups of 6, 4, 4, 4, 4, 4 and 6 letters.
pub fn dashed(id: &str) -> String {
    let mut out = String::new();
    for (at, letter) in id.chars().enumerate() {
        if at == 6 || at > 6 && at < 30 && (at - 6) % 4 == 0 {
            out.push('-');
        }
        out.push(letter);
    }
    out
}

pub fn bare(id: &str) -> String {
    id.replace('-', "")
}

/// A new identifier.
pub fn new_id(ctx: &mut Ctx<'_>) -> Result<String> {
    const LETTERS: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let fd = ctx.open(b"/dev/urandom", OpenFlags::RDONLY, 0)?;
    let mut raw = [0; 32];
    let read = ctx.sys.read(fd, &mut raw);
    let _ = ctx.sys.close(fd);
    read?;
    Ok(dashed(&raw.iter().map(|it| char::from(LETTERS[usize::from(*it) % 62])).collect::<String>()))
}

/// The devices that LVM looks at: all but its own volumes.
pub fn devices(ctx: &mut Ctx<'_>) -> Vec<Device> {
    let Ok(Tell::Devices(all)) = ctx.sys.block(&Ask::List) else { return Vec::new() };
    let own = |it: &Device| matches!(&it.what, What::Mapped(it) if it.uuid.starts_with("LVM-"));
    all.into_iter().filter(|it| !own(it) && it.size > 0).collect()
}

fn with<R>(
    ctx: &mut Ctx<'_>,
    device: &str,
    flags: OpenFlags,
    f: impl FnOnce(&mut Ctx<'_>, i32) -> Result<R>,
) -> Result<R> {
    let fd = ctx.open(device.as_bytes(), flags, 0)?;
    let done = f(ctx, fd);
    let _ = ctx.sys.close(fd);
    done
}

fn read_at(ctx: &mut Ctx<'_>, fd: i32, at: u64, len: usize) -> Result<Vec<u8>> {
    let mut bytes = vec![0; len];
    let mut done = 0;
    while done < len {
        match ctx.sys.pread(fd, &mut bytes[done..], at + done as u64)? {
            0 => return Err(Errno::EIO),
            n => done += n,
        }
    }
    Ok(bytes)
}

fn write_at(ctx: &mut Ctx<'_>, fd: i32, at: u64, data: &[u8]) -> Result<()> {
    let mut done = 0;
    while done < data.len() {
        done += ctx.sys.pwrite(fd, &data[done..], at + done as u64)?;
    }
    Ok(())
}

/// The label of a device; `None` without one, or with one that is damaged.
pub fn label(ctx: &mut Ctx<'_>, device: &Device) -> Option<Label> {
    let path = device.path();
    with(ctx, &path, OpenFlags::RDONLY, |ctx, fd| {
        let sector = read_at(ctx, fd, SECTOR, HEAD)?;
        let sum = crc(&sector[20..]).to_le_bytes();
        if &sector[..8] != b"LABELONE" || &sector[24..32] != b"LVM2 001" || sector[16..20] != sum {
            return Ok(None);
        }
        let id = dashed(&String::from_utf8_lossy(&sector[32..64]));
        let mut label = Label { device: path.clone(), size: device.size / SECTOR, id, group: None };
        let head = read_at(ctx, fd, AREA, HEAD)?;
        if &head[4..20] != MAGIC || head[..4] != crc(&head[4..]).to_le_bytes() {
            return Ok(Some(label));
        }
        let (at, len) = (number(&head, 40), number(&head, 48));
        if at >= HEAD as u64 && len > 0 && at + len <= AREA_SIZE {
            let bytes = read_at(ctx, fd, AREA + at, len as usize)?;
            if head[56..60] == crc(&bytes).to_le_bytes() {
                let text = String::from_utf8_lossy(&bytes);
                label.group = text::read(text.trim_end_matches('\0'));
            }
        }
        Ok(Some(label))
    })
    .ok()
    .flatten()
}

/// Writes the label and an area, with the text of a group or empty.
///
/// # Errors
/// Those of the device; `ENOSPC` for a text that is too long.
pub fn write(
    ctx: &mut Ctx<'_>,
    device: &str,
    size: u64,
    id: &str,
    text: Option<&str>,
) -> Result<()> {
    let mut sector = vec![0; HEAD];
    let mut put = |at: usize, bytes: &[u8]| sector[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, b"LABELONE");
    put(8, &1_u64.to_le_bytes());
    put(20, &32_u32.to_le_bytes());
    put(24, b"LVM2 001");
    put(32, bare(id).as_bytes());
    put(64, &(size * SECTOR).to_le_bytes());
    put(72, &(DATA * SECTOR).to_le_bytes());
    put(104, &AREA.to_le_bytes());
    put(112, &AREA_SIZE.to_le_bytes());
    put(136, &2_u32.to_le_bytes());
    put(140, &u32::from(text.is_some()).to_le_bytes());
    let sum = crc(&sector[20..]).to_le_bytes();
    sector[16..20].copy_from_slice(&sum);
    let mut head = vec![0; HEAD];
    let mut put = |at: usize, bytes: &[u8]| head[at..at + bytes.len()].copy_from_slice(bytes);
    put(4, MAGIC);
    put(20, &1_u32.to_le_bytes());
    put(24, &AREA.to_le_bytes());
    put(32, &AREA_SIZE.to_le_bytes());
    let mut bytes = Vec::new();
    if let Some(text) = text {
        bytes = [text.as_bytes(), b"\0"].concat();
        if bytes.len() as u64 + HEAD as u64 > AREA_SIZE {
            return Err(Errno::ENOSPC);
        }
        put(40, &(HEAD as u64).to_le_bytes());
        put(48, &(bytes.len() as u64).to_le_bytes());
        put(56, &crc(&bytes).to_le_bytes());
    }
    let sum = crc(&head[4..]).to_le_bytes();
    head[..4].copy_from_slice(&sum);
    with(ctx, device, OpenFlags::WRONLY, |ctx, fd| {
        write_at(ctx, fd, SECTOR, &sector)?;
        write_at(ctx, fd, AREA, &[head, bytes].concat())
    })
}

/// Clears the beginning of a device: file systems and labels that were there.
///
/// # Errors
/// Those of the device.
pub fn wipe(ctx: &mut Ctx<'_>, device: &str) -> Result<()> {
    with(ctx, device, OpenFlags::WRONLY, |ctx, fd| write_at(ctx, fd, 0, &[0; 4096]))
}

/// Takes the label away.
///
/// # Errors
/// Those of the device.
pub fn unlabel(ctx: &mut Ctx<'_>, device: &str) -> Result<()> {
    with(ctx, device, OpenFlags::WRONLY, |ctx, fd| write_at(ctx, fd, SECTOR, &[0; HEAD]))
}
