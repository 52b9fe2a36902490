//! Asks over one session of the runtime protocol, as a connection of an SDK makes them: in frames, many in flight.

use std::time::Instant;

use http::Uri;
use prost::Message;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use crate::connection::Connection;
use crate::contract::runtime::actor_service_client::ActorServiceClient;
use crate::contract::runtime::{Ask, SessionRequest, Welcome, reply};
use crate::contract::{SayRequest, SayResponse};
use crate::measured::{Taken, Window};
use crate::{CONNECTIONS, TEXT};

const IN_FLIGHT: usize = 1_000;
const FRAMES: usize = 16;

/// An ask's number is one more than its place in `began`, because none has the number 0; its actor is one of as many as there are
/// connections elsewhere.
fn ask(at: usize, kind: u32, began: &mut [Instant]) -> Ask {
    let key = format!("caller-{}", at % CONNECTIONS);
    let payload = SayRequest { key: key.clone(), text: TEXT.to_owned() }.encode_to_vec();
    began[at] = Instant::now();
    Ask { id: at as u64 + 1, kind, key, payload, ..Ask::default() }
}

fn echo(welcome: &Welcome) -> u32 {
    let at = welcome.kinds.iter().position(|kind| kind.service == "bench.v1.Echo");
    at.expect("the server has Echo") as u32
}

/// Keeps so many asks in flight: what was answered is asked again, in one frame.
pub async fn say(connection: Connection, origin: Uri, window: Window) -> Taken {
    let (send, frames) = mpsc::channel(FRAMES);
    let mut client = ActorServiceClient::with_origin(connection, origin);
    let mut answers = client.session(ReceiverStream::new(frames)).await.expect("opens").into_inner();
    let first = answers.message().await.expect("good").expect("a frame");
    let kind = echo(&first.welcome.expect("the first frame welcomes"));
    let mut taken = Taken::default();
    let mut began = vec![Instant::now(); IN_FLIGHT];
    let asks = (0..IN_FLIGHT).map(|at| ask(at, kind, &mut began)).collect();
    send.send(SessionRequest { asks, cancelled: Vec::new() }).await.expect("sent");
    loop {
        let frame = answers.message().await.expect("good").expect("a frame");
        let mut again = Vec::with_capacity(frame.replies.len());
        for answer in frame.replies {
            let Some(reply::Outcome::Payload(payload)) = answer.outcome else { panic!("{answer:?}") };
            assert_eq!(SayResponse::decode(&payload[..]).expect("a response").text, TEXT);
            let at = answer.id as usize - 1;
            if !taken.note(began[at], window) {
                return taken;
            }
            again.push(ask(at, kind, &mut began));
        }
        if !again.is_empty() {
            send.send(SessionRequest { asks: again, cancelled: Vec::new() }).await.expect("sent");
        }
    }
}
