"""A wholesaler's consumer on one page: reads the company's orders and answers each with day, lots,
dispatch and delivery. The contract is contracts/asyncapi.json.

    pip install pika
    MEGURI_PARTNER_URL='amqp://meguri-demo-wh-w07:PASSWORD@127.0.0.1:5672/meguri-demo-wh-w07' python3 consumer.py

MEGURI_STOP_AFTER=3 ends it after three orders.
"""

import json
import os
import sys
import uuid

import pika

URL = os.environ.get("MEGURI_PARTNER_URL") or sys.exit(
    "set MEGURI_PARTNER_URL to amqp://user:password@host:port/vhost"
)
STOP_AFTER = int(os.environ.get("MEGURI_STOP_AFTER", "0"))


def answers(order, now):
    """Day, lots, dispatch, delivery; numbered from 1 for each shipment."""
    lots = [{"lot": lot["lot"], "vials": lot["vials"]} for lot in order["lots"]]
    print(order["shipment_id"], order["vials"], "vials to", order["to"]["name"], lots, flush=True)
    day = order["window"]["from"]
    yield "shipment.scheduled.v1", {"delivery_on": day, "hours": "09:00-12:00"}
    yield "shipment.picked.v1", {"lots": lots}
    # the moment of the order, for the sake of the example: a training instance has a clock of its own
    yield "shipment.dispatched.v1", {"at": now}
    yield "shipment.delivered.v1", {"at": now}


def publish(channel, user, event, kind, sequence, data):
    order = event["data"]
    shipment = order["shipment_id"]
    # made of shipment and place, so that an answer sent again is the same answer
    answer_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"{shipment}/{sequence}/{kind}"))
    answer = {
        "specversion": "1.0",
        "id": answer_id,
        "type": kind,
        "source": f"/partners/{order['wholesaler']}",
        "subject": f"shipment/{shipment}",
        "time": event["time"],
        "datacontenttype": "application/json",
        "sequence": str(sequence),
        "data": {"shipment_id": shipment, **data},
    }
    properties = pika.BasicProperties(
        content_type="application/cloudevents+json", message_id=answer_id, delivery_mode=2, user_id=user
    )
    # raises when the broker does not confirm it
    channel.basic_publish("from-partner", kind, json.dumps(answer).encode(), properties)


def main():
    parameters = pika.URLParameters(URL)
    user = parameters.credentials.username
    connection = pika.BlockingConnection(parameters)
    channel = connection.channel()
    channel.confirm_delivery()
    channel.basic_qos(prefetch_count=20)
    seen = set()  # a real system keeps these ids in its database, with the order
    done = 0
    print("waiting for orders as", user, flush=True)
    for method, _, body in channel.consume("orders"):
        event = json.loads(body)
        # delivery is at least once: the same id again has been handled
        if event["id"] not in seen and event["type"] == "shipment.ordered.v1":
            for sequence, (kind, data) in enumerate(answers(event["data"], event["time"]), start=1):
                publish(channel, user, event, kind, sequence, data)
            done += 1
        seen.add(event["id"])
        # only now: if this process dies before, the order comes again
        channel.basic_ack(method.delivery_tag)
        if done == STOP_AFTER > 0:
            break
    channel.cancel()
    connection.close()


if __name__ == "__main__":
    main()
