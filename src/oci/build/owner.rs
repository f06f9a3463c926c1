//! `--chown`: names and numbers of users and groups, as the tree knows them.

use crate::drivers::files;
use crate::sys::Sys;

/// The third and fourth field of a line of passwd or group.
fn ids(text: &str, name: &str) -> Option<(u32, Option<u32>)> {
    let line = text.lines().find(|it| it.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    let id = fields.next()?.parse().ok()?;
    Some((id, fields.next().and_then(|it| it.parse().ok())))
}

fn read(sys: &mut dyn Sys, tree: &str, name: &str) -> String {
    let path = super::context::resolve(sys, tree, &format!("/etc/{name}")).unwrap_or_default();
    let text = files::read(sys, &format!("{tree}/{path}")).unwrap_or_default();
    String::from_utf8_lossy(&text).into_owned()
}

/// User and group of `USER[:GROUP]` in a tree; a user without a group gets its number as the group
/// unless passwd says another.
///
/// # Errors
/// Names that the tree does not know, in Docker's words.
pub fn of(sys: &mut dyn Sys, tree: &str, text: &str) -> Result<(u32, u32), String> {
    let (user, group) = match text.split_once(':') {
        Some((user, group)) => (user, Some(group)),
        None => (text, None),
    };
    let failed =
        |what: &str| format!("unable to convert uid/gid chown string to host mapping: {what}");
    let known = ids(&read(sys, tree, "passwd"), user);
    let (uid, own) = match (known, user.parse::<u32>()) {
        (Some((uid, gid)), _) => (uid, gid.unwrap_or(uid)),
        (None, Ok(uid)) => (uid, uid),
        (None, Err(_)) => {
            return Err(failed(&format!("can't find uid for user {user}: no such user: {user}")));
        }
    };
    let gid = match group {
        None => own,
        Some(group) => match (ids(&read(sys, tree, "group"), group), group.parse::<u32>()) {
            (Some((gid, _)), _) => gid,
            (None, Ok(gid)) => gid,
            (None, Err(_)) => {
                let text = format!("can't find gid for group {group}: no such group: {group}");
                return Err(failed(&text));
            }
        },
    };
    Ok((uid, gid))
}
